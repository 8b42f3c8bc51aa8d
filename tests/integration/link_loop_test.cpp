#include "sluice/net/link.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <deque>

#include "sluice/sys/clock.hpp"
#include "support/links.hpp"
#include "support/loopback_device.hpp"
#include "support/recording_handler.hpp"

namespace sluice::test {
namespace {

using net::LinkState;

void flood(DeviceConnection& connection, std::size_t /*number*/) {
    const std::string data(100'000, 'x');
    while (connection.send(data) == data.size()) {
    }
}

TEST(LinkLoopTest, UserDrivesTheLoopFromAPollOfTheirOwn) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        connection.send(connection.receive_text(4));
        connection.drain();
    });
    const std::unique_ptr<net::EventLoop> loop = *net::EventLoop::create();
    RecordingHandler handler;
    net::LinkOptions options = link_options(device.address());
    options.egress.policy = net::EgressPolicy::wait;
    net::Link link(*loop, options, handler);
    link.start();
    ASSERT_TRUE(link.egress().try_push_copy(std::as_bytes(std::span("ping", 4))));
    const SteadyTime deadline = sys::now() + patience;
    while (handler.record().received() != "ping" && sys::now() < deadline) {
        pollfd ready{.fd = loop->descriptor(), .events = POLLIN, .revents = 0};
        const Duration left = std::min(loop->next_deadline(), deadline) - sys::now();
        const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
        ASSERT_GE(::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left_ms, 0))), 0);
        loop->turn(sys::now());
    }
    EXPECT_EQ(handler.record().received(), "ping");
    link.stop();
    EXPECT_EQ(handler.record().statuses.back().state, LinkState::stopped);
}

/// Keeps every packet, so that its connection uses up its share of the loop's memory.
class HoardingHandler final : public net::LinkHandler {
  public:
    void on_packet(net::Packet&& packet) override {
        bytes_ += packet.data.size();
        kept_.push_back(std::move(packet));
    }
    void on_state(const net::LinkStatus& /*status*/) override {}
    bool on_starved() override {
        if (gives_back_) {
            let_go();
        }
        return gives_back_;
    }
    void let_go() { kept_.clear(); }
    /// From now on, when asked.
    void give_back() { gives_back_ = true; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    std::deque<net::Packet> kept_;
    std::atomic<std::size_t> bytes_ = 0;
    bool gives_back_ = false;
};

TEST(LinkLoopTest, ConsumerThatKeepsAllPacketsStopsOnlyItsOwnLink) {
    LoopbackDevice hoarded(flood);
    LoopbackDevice flowing(flood);
    const net::EventLoopOptions options{
        .receive_pool = {.size_b = 4 * 1024 * 1024, .slab_size_b = 64 * 1024}};
    const std::unique_ptr<net::EventLoopThread> loop = start_loop(options);
    HoardingHandler hoarder;
    std::atomic<std::size_t> flowed = 0;
    RecordingHandler handler;
    handler.also_on_packet = [&](const net::Packet& packet) { flowed += packet.data.size(); };
    net::Link first(loop->loop(), link_options(hoarded.address()), hoarder);
    net::Link second(loop->loop(), link_options(flowing.address()), handler);
    second.start();
    ASSERT_TRUE(handler.wait_state(LinkState::up));
    first.start();
    std::size_t hoarded_bytes = 0;
    std::size_t flowed_then = 0;
    // The hoarder has its share when it gets nothing more while much comes by on the other link.
    ASSERT_TRUE(wait_on_loop(*loop, [&] {
        if (hoarder.bytes() == 0 || hoarder.bytes() != hoarded_bytes) {
            hoarded_bytes = hoarder.bytes();
            flowed_then = flowed;
        }
        return flowed - flowed_then > 8 * 1024 * 1024 && hoarded_bytes > 0;
    }));
    EXPECT_LE(hoarded_bytes, options.receive_pool.size_b / 4 + options.receive_pool.slab_size_b);
    EXPECT_EQ(first.statistics().state, LinkState::up);
    loop->run_on_loop([&] { hoarder.let_go(); });
    EXPECT_TRUE(wait_on_loop(*loop, [&] { return hoarder.bytes() > hoarded_bytes; }));
    first.stop();
    second.stop();
    hoarder.let_go();
}

TEST(LinkLoopTest, ConsumerThatGivesPacketsBackWhenAskedIsServedOn) {
    LoopbackDevice device(flood);
    const net::EventLoopOptions options{
        .receive_pool = {.size_b = 4 * 1024 * 1024, .slab_size_b = 64 * 1024}};
    const std::unique_ptr<net::EventLoopThread> loop = start_loop(options);
    HoardingHandler hoarder;
    hoarder.give_back();
    net::Link link(loop->loop(), link_options(device.address()), hoarder);
    link.start();
    std::size_t held_bytes_max = 0;
    const SteadyTime deadline = sys::now() + patience;
    while (hoarder.bytes() < 8 * options.receive_pool.size_b && sys::now() < deadline) {
        held_bytes_max = std::max(held_bytes_max, link.statistics().held_bytes);
    }
    EXPECT_GE(hoarder.bytes(), 8 * options.receive_pool.size_b);
    EXPECT_GT(held_bytes_max, 0U);
    EXPECT_LE(held_bytes_max, options.receive_pool.size_b);
    link.stop();
    hoarder.let_go();
    EXPECT_EQ(link.statistics().held_bytes, 0U);
}

}  // namespace
}  // namespace sluice::test
