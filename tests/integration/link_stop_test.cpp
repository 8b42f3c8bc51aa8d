#include "sluice/net/link.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "support/links.hpp"
#include "support/loopback_device.hpp"
#include "support/recording_handler.hpp"

namespace sluice::test {
namespace {

using net::LinkState;

class LinkStopTest : public ::testing::Test {
  protected:
    /// Stops the link and sees that nothing is told afterwards.
    void stop_for_good(net::Link& link) {
        link.stop();
        const std::size_t told = handler_.record().statuses.size();
        EXPECT_EQ(handler_.record().statuses.back().state, LinkState::stopped);
        EXPECT_EQ(link.statistics().state, LinkState::stopped);
        loop_->run_on_loop([] {});  // whatever was posted before
        loop_->run_on_loop([] {});  // and whatever that posted
        EXPECT_EQ(handler_.record().statuses.size(), told);
    }

    std::unique_ptr<net::EventLoopThread> loop_ = start_loop();
    RecordingHandler handler_;
};

TEST_F(LinkStopTest, WhileIdle) {
    net::Link link(loop_->loop(), link_options("127.0.0.1:1"), handler_);
    stop_for_good(link);
}

TEST_F(LinkStopTest, RightAfterTheStart) {
    net::Link link(loop_->loop(), link_options("127.0.0.1:1"), handler_);
    link.start();
    stop_for_good(link);
}

TEST_F(LinkStopTest, WhileResolving) {
    for (int round = 0; round < 20; ++round) {
        net::Link link(loop_->loop(), link_options("nosuch.invalid:1"), handler_);
        const std::size_t before = handler_.record().count(LinkState::resolving);
        link.start();
        ASSERT_TRUE(handler_.wait_state(LinkState::resolving, before + 1));
        stop_for_good(link);
    }
}

TEST_F(LinkStopTest, WhileWaiting) {
    const LoopbackDevice device({}, {.is_present = false});
    net::LinkOptions options = link_options(device.address());
    options.reconnect_initial = options.reconnect_max = std::chrono::hours(1);
    net::Link link(loop_->loop(), options, handler_);
    link.start();
    ASSERT_TRUE(handler_.wait_state(LinkState::waiting));
    stop_for_good(link);
}

TEST_F(LinkStopTest, WhileUpAndReceiving) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        const std::string data(100'000, 'x');
        while (connection.send(data) == data.size()) {
        }
    });
    net::Link link(loop_->loop(), link_options(device.address()), handler_);
    link.start();
    ASSERT_TRUE(handler_.wait_bytes(1'000'000));
    link.stop();
    const std::uint64_t packets = handler_.record().packets;
    loop_->run_on_loop([] {});
    EXPECT_EQ(handler_.record().packets, packets);
    EXPECT_EQ(link.statistics().disconnects[static_cast<std::size_t>(Errc::stopped)], 1U);
}

TEST_F(LinkStopTest, WhileTheEgressIsBlocked) {
    Event end;
    LoopbackDevice device(
        [&](DeviceConnection& /*connection*/, std::size_t /*number*/) { EXPECT_TRUE(end.wait()); },
        {.receive_buffer_b = 16 * 1024});
    net::LinkOptions options = link_options(device.address());
    options.egress = {.policy = net::EgressPolicy::wait, .buffer_size_b = 4 * 1024 * 1024};
    net::Link link(loop_->loop(), options, handler_);
    link.start();
    ASSERT_TRUE(handler_.wait_state(LinkState::up));
    Errc push_ended_with{};
    std::thread producer([&] {
        const std::vector<std::byte> message(1024 * 1024);
        Result<void> pushed;
        while (pushed) {
            pushed = link.egress().push_copy(message);
        }
        push_ended_with = pushed.error().code();
    });
    // Room for four, and the kernel takes a few: then the fourth waits for a socket that is full.
    ASSERT_TRUE(wait_on_loop(*loop_, [&] {
        const net::EgressLedger ledger = link.statistics().egress;
        return ledger.queued.messages == 4 && link.statistics().tcp.send_window == 0;
    }));
    stop_for_good(link);
    producer.join();
    end.set();
    EXPECT_EQ(push_ended_with, Errc::stopped);
    const net::EgressLedger ledger = link.statistics().egress;
    const auto& stopped = ledger.dropped[static_cast<std::size_t>(net::DropReason::stopped)];
    EXPECT_EQ(ledger.queued.messages, 0U);
    EXPECT_GE(stopped.messages, 1U);
    EXPECT_EQ(ledger.accepted.messages, ledger.sent.messages + stopped.messages);
}

TEST_F(LinkStopTest, InsideOnPacketNoFurtherCallBegins) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        const std::string data(3'000'000, 'x');
        connection.send(data);
        connection.drain();
    });
    std::optional<net::Link> link;
    handler_.also_on_packet = [&](const net::Packet&) { link->stop(); };
    link.emplace(loop_->loop(), link_options(device.address()), handler_);
    link->start();
    ASSERT_TRUE(handler_.wait_state(LinkState::stopped));
    stop_for_good(*link);
    EXPECT_EQ(handler_.record().packets, 1U);
}

TEST_F(LinkStopTest, InsideOnStateOfEveryState) {
    LoopbackDevice device(
        [](DeviceConnection& connection, std::size_t /*number*/) { connection.send("x"); });
    for (const LinkState state :
         {LinkState::resolving, LinkState::connecting, LinkState::up, LinkState::waiting}) {
        RecordingHandler handler;
        std::optional<net::Link> link;
        handler.also_on_state = [&](const net::LinkStatus& status) {
            if (status.state == state) {
                link->stop();
            }
        };
        link.emplace(loop_->loop(), link_options("localhost:" + std::to_string(device.port())),
                     handler);
        link->start();
        ASSERT_TRUE(handler.wait_state(LinkState::stopped)) << name(state);
        link->stop();
        loop_->run_on_loop([] {});
        const RecordingHandler::Record record = handler.record();
        ASSERT_GE(record.statuses.size(), 2U);
        EXPECT_EQ(record.statuses.back().state, LinkState::stopped);
        EXPECT_EQ(record.statuses[record.statuses.size() - 2].state, state);
    }
}

TEST_F(LinkStopTest, FromTwoThreadsAtOnce) {
    LoopbackDevice device(
        [](DeviceConnection& connection, std::size_t /*number*/) { connection.drain(); });
    net::Link link(loop_->loop(), link_options(device.address()), handler_);
    link.start();
    ASSERT_TRUE(handler_.wait_state(LinkState::up));
    std::thread other([&] { link.stop(); });
    stop_for_good(link);
    other.join();
}

}  // namespace
}  // namespace sluice::test
