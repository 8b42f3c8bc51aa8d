#include "sluice/net/link.hpp"

#include <gtest/gtest.h>

#include "support/links.hpp"
#include "support/loopback_device.hpp"
#include "support/recording_handler.hpp"

namespace sluice::test {
namespace {

using net::LinkState;

class LinkEndTest : public ::testing::Test {
  protected:
    std::unique_ptr<net::EventLoopThread> loop_ = start_loop();
    RecordingHandler handler_;
};

/// A device that sends `data` to a link that does not read, and tears the connection down.
class LinkEndByResetTest : public LinkEndTest {
  protected:
    /// Returns when the data waits in the link's kernel, and the connection is gone.
    void receive_nothing_until_the_reset(net::Link& link) {
        link.pause();
        link.start();
        ASSERT_TRUE(handler_.wait_state(LinkState::up));
        loop_->run_on_loop([] {});  // the pause is carried out in the turn that told `up`
        is_paused_.set();
        ASSERT_TRUE(is_reset_.wait());
        EXPECT_EQ(handler_.record().received(), "");
    }

    const std::string data_ = std::string(64'000, 'x');
    Event is_paused_;
    Event is_reset_;
    LoopbackDevice device_{[this](DeviceConnection& connection, std::size_t number) {
        if (number > 0) {
            connection.drain();
            return;
        }
        EXPECT_TRUE(is_paused_.wait());
        EXPECT_EQ(connection.send(data_), data_.size());
        EXPECT_TRUE(connection.wait_acknowledged());
        connection.reset();
        is_reset_.set();
    }};
};

TEST_F(LinkEndByResetTest, WhatArrivedIsDeliveredFirst) {
    net::Link link(loop_->loop(), link_options(device_.address()), handler_);
    receive_nothing_until_the_reset(link);
    link.resume();
    ASSERT_TRUE(handler_.wait_end(Errc::connection_reset));
    EXPECT_EQ(handler_.record().received(), data_);
    link.stop();
}

TEST_F(LinkEndByResetTest, WhatArrivedIsDeliveredFirstAlsoWhenSendingFails) {
    net::Link link(loop_->loop(), link_options(device_.address()), handler_);
    receive_nothing_until_the_reset(link);
    ASSERT_TRUE(link.egress().try_push_copy(std::vector<std::byte>(100)));
    loop_->run_on_loop([] {});  // which meets the reset
    EXPECT_EQ(handler_.record().received(), "");
    link.resume();
    ASSERT_TRUE(handler_.wait_end(Errc::connection_reset));
    EXPECT_EQ(handler_.record().received(), data_);
    const net::EgressLedger ledger = link.statistics().egress;
    EXPECT_EQ(ledger.dropped[static_cast<std::size_t>(net::DropReason::connection_lost)].messages,
              1U);
    link.stop();
}

TEST_F(LinkEndTest, OrderlyEndComesAfterTheLastByte) {
    const std::string data(300'000, 'y');
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t /*number*/) {
        EXPECT_EQ(connection.send(data), data.size());
        connection.finish_sending();
        connection.drain();
    });
    net::LinkOptions options = link_options(device.address());
    options.reconnect = false;
    net::Link link(loop_->loop(), options, handler_);
    link.start();
    ASSERT_TRUE(handler_.wait_state(LinkState::stopped));
    const RecordingHandler::Record record = handler_.record();
    EXPECT_EQ(record.received(), data);
    EXPECT_TRUE(record.connections.at(0).offsets_are_right);
    ASSERT_TRUE(record.statuses.back().reason.has_value());
    EXPECT_EQ(record.statuses.back().reason->code(), Errc::peer_closed);
    EXPECT_EQ(link.statistics().disconnects[static_cast<std::size_t>(Errc::peer_closed)], 1U);
}

TEST_F(LinkEndTest, OnConnectPrecedesEveryOtherByteAtEveryConnect) {
    std::vector<std::string> seen;
    Event has_seen;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        seen.push_back(connection.receive_text(9));
        if (number == 1) {
            has_seen.set();
            connection.drain();
        }
    });
    net::LinkOptions options = link_options(device.address());
    options.egress.policy = net::EgressPolicy::wait;
    for (const char c : {'h', 'e', 'l', 'o'}) {
        options.on_connect.push_back(static_cast<std::byte>(c));
    }
    net::Link link(loop_->loop(), options, handler_);
    const std::string message = "12345";
    ASSERT_TRUE(link.egress().push_copy(std::as_bytes(std::span(message))));
    link.start();
    ASSERT_TRUE(handler_.wait_state(LinkState::up, 2));
    ASSERT_TRUE(link.egress().push_copy(std::as_bytes(std::span(message))));
    ASSERT_TRUE(has_seen.wait());
    link.stop();
    EXPECT_EQ(seen.at(0), "helo12345");
    EXPECT_EQ(seen.at(1), "helo12345");
}

TEST_F(LinkEndTest, SilentDeviceIsLeftAfterTheDataTimeout) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        connection.send("once");
        connection.drain();
    });
    net::LinkOptions options = link_options(device.address());
    options.data_receive_timeout = std::chrono::milliseconds(50);
    net::Link link(loop_->loop(), options, handler_);
    link.start();
    ASSERT_TRUE(handler_.wait_end(Errc::data_timeout, 2));
    EXPECT_EQ(handler_.record().connections.at(0).bytes, "once");
    link.stop();
}

// The window closes, so that the user time-out of the kernel would end the connection.
TEST_F(LinkEndTest, LivingPeerThatDoesNotReadIsKeptBeyondTheDeadPeerTimeout) {
    Event may_read;
    std::size_t read_by_device = 0;
    LoopbackDevice device(
        [&](DeviceConnection& connection, std::size_t /*number*/) {
            connection.send("!");
            EXPECT_TRUE(may_read.wait());
            std::byte scratch[16 * 1024];
            while (const std::size_t got = connection.receive(scratch)) {
                read_by_device += got;
            }
        },
        {.receive_buffer_b = 16 * 1024});
    net::LinkOptions options = link_options(device.address());
    options.socket.dead_peer_timeout = std::chrono::seconds(2);
    options.egress = {.policy = net::EgressPolicy::wait, .buffer_size_b = 8 * 1024 * 1024};
    options.reconnect = false;
    net::Link link(loop_->loop(), options, handler_);
    const std::vector<std::byte> message(8 * 1024 * 1024);
    ASSERT_TRUE(link.egress().push_copy(message));
    link.start();
    ASSERT_TRUE(handler_.wait_received("!"));
    ASSERT_TRUE(wait_on_loop(*loop_, [&] {
        const net::LinkStatistics look = link.statistics();
        return look.state != LinkState::up ||
               look.tcp.since_data_received > 2 * options.socket.dead_peer_timeout;
    }));
    const net::LinkStatistics look = link.statistics();
    EXPECT_EQ(look.state, LinkState::up);
    EXPECT_EQ(look.tcp.send_window, 0U);
    EXPECT_EQ(look.egress.queued.messages, 1U);
    may_read.set();
    link.finish_sending();
    ASSERT_TRUE(handler_.wait_state(LinkState::stopped));
    device.leave();
    EXPECT_EQ(read_by_device, message.size());
    EXPECT_EQ(link.statistics().egress.sent.bytes, message.size());
}

TEST_F(LinkEndTest, LivingPeerThatDoesNotReadIsLeftAfterTheSendStallTimeout) {
    Event end;
    LoopbackDevice device(
        [&](DeviceConnection& /*connection*/, std::size_t /*number*/) { EXPECT_TRUE(end.wait()); },
        {.receive_buffer_b = 16 * 1024});
    net::LinkOptions options = link_options(device.address());
    options.send_stall_timeout = std::chrono::milliseconds(200);
    options.egress = {.policy = net::EgressPolicy::wait, .buffer_size_b = 8 * 1024 * 1024};
    net::Link link(loop_->loop(), options, handler_);
    ASSERT_TRUE(link.egress().push_copy(std::vector<std::byte>(8 * 1024 * 1024)));
    link.start();
    EXPECT_TRUE(handler_.wait_end(Errc::send_stalled));
    end.set();
    link.stop();
}

}  // namespace
}  // namespace sluice::test
