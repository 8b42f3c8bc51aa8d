#include "sluice/net/link.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "support/count_allocations.hpp"
#include "support/links.hpp"
#include "support/loopback_device.hpp"

namespace sluice::test {
namespace {

constexpr std::size_t message_bytes = 64;
constexpr std::uint64_t packets_to_warm_up = 1'000;
constexpr std::uint64_t packets_to_count = 100'000;

enum class Reply : std::uint8_t { copied, referenced };

/// Answers every packet with a message, and counts what the thread allocates meanwhile.
class AnsweringHandler final : public net::LinkHandler {
  public:
    explicit AnsweringHandler(Reply reply) : reply_(reply) {}

    void set_link(net::Link& link) { link_ = &link; }

    void on_packet(net::Packet&& packet) override {
        if (++packets_ == packets_to_warm_up) {
            allocations_before_ = allocations_of_thread;
        } else if (packets_ == packets_to_warm_up + packets_to_count) {
            counted_ = allocations_of_thread - allocations_before_;
            done_.set();
        }
        if (reply_ == Reply::copied) {
            refused_ += link_->egress().try_push_copy(packet.data.bytes()) ? 0U : 1U;
        } else {
            refused_ += link_->egress().try_push({&packet.data, 1}) ? 0U : 1U;
        }
    }
    void on_state(const net::LinkStatus& /*status*/) override {}

    [[nodiscard]] bool wait_done() { return done_.wait(2 * patience); }
    [[nodiscard]] std::uint64_t counted() const { return counted_; }
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

  private:
    const Reply reply_;
    net::Link* link_ = nullptr;
    std::uint64_t packets_ = 0;
    std::uint64_t allocations_before_ = 0;
    std::uint64_t counted_ = ~std::uint64_t{0};
    std::uint64_t refused_ = 0;
    Event done_;
};

class LinkAllocationTest : public ::testing::TestWithParam<Reply> {};

TEST_P(LinkAllocationTest, NoneForPacketsInAndMessagesOut) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        std::array<std::byte, message_bytes> message{};
        while (connection.send(message) == message.size()) {
            for (std::size_t got = 0; got < message.size();) {
                const std::size_t more = connection.receive(std::span(message).subspan(got));
                if (more == 0) {
                    return;
                }
                got += more;
            }
        }
    });
    const std::unique_ptr<net::EventLoopThread> loop = start_loop();
    AnsweringHandler handler(GetParam());
    net::LinkOptions options = link_options(device.address());
    options.egress.copy_below_b = 0;  // every fragment of try_push is a reference
    net::Link link(loop->loop(), options, handler);
    handler.set_link(link);
    link.start();
    ASSERT_TRUE(handler.wait_done());
    link.stop();
    EXPECT_EQ(handler.counted(), 0U);
    EXPECT_EQ(handler.refused(), 0U);
    EXPECT_GE(link.statistics().egress.sent.messages, packets_to_count);
}

/// Always has the begin of a message, and counts what the thread allocates meanwhile.
class CarryingHandler final : public net::LinkHandler {
  public:
    void on_packet(net::Packet&& packet) override {
        if (++packets_ == packets_to_warm_up) {
            allocations_before_ = allocations_of_thread;
        } else if (packets_ == packets_to_warm_up + packets_to_carry) {
            counted_ = allocations_of_thread - allocations_before_;
            done_.set();
        }
        tail_ = packet.data.size() < sizes_[packets_ % sizes_.size()]
                    ? std::move(packet.data)
                    : packet.data.slice(packet.data.size() - 1, 1);
    }
    net::ReceiveWish receive_wish() override {
        return {.tail = &tail_,
                .need_b = tail_.empty() ? 0 : std::max(tail_.size() + 1, size_of_need())};
    }
    void on_state(const net::LinkStatus& /*status*/) override {}

    [[nodiscard]] bool wait_done() { return done_.wait(2 * patience); }
    [[nodiscard]] std::uint64_t counted() const { return counted_; }
    void drop() { tail_.reset(); }

  private:
    static constexpr std::uint64_t packets_to_carry = 10'000;
    static constexpr std::array<std::size_t, 4> sizes_{100, 3'000, 60'000, 400'000};
    [[nodiscard]] std::size_t size_of_need() const { return sizes_[packets_ % sizes_.size()]; }

    Buffer tail_;
    std::uint64_t packets_ = 0;
    std::uint64_t allocations_before_ = 0;
    std::uint64_t counted_ = ~std::uint64_t{0};
    Event done_;
};

TEST(LinkCarryAllocationTest, NoneForPacketsBehindATail) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        const std::string text(100'000, 'x');
        while (connection.send(text) == text.size()) {
        }
    });
    const std::unique_ptr<net::EventLoopThread> loop = start_loop();
    CarryingHandler handler;
    net::Link link(loop->loop(), link_options(device.address()), handler);
    link.start();
    ASSERT_TRUE(handler.wait_done());
    link.stop();
    handler.drop();
    EXPECT_EQ(handler.counted(), 0U);
    EXPECT_GT(link.statistics().moved_bytes, 0U);
}

INSTANTIATE_TEST_SUITE_P(Replies, LinkAllocationTest,
                         ::testing::Values(Reply::copied, Reply::referenced),
                         [](const ::testing::TestParamInfo<Reply>& reply) {
                             return reply.param == Reply::copied ? "Copied" : "Referenced";
                         });

}  // namespace
}  // namespace sluice::test
