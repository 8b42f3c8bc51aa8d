#include "sluice/net/link.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "support/links.hpp"
#include "support/loopback_device.hpp"
#include "support/recording_handler.hpp"

namespace sluice::test {
namespace {

using net::LinkState;

class LinkDialTest : public ::testing::Test {
  protected:
    std::unique_ptr<net::EventLoopThread> loop_ = start_loop();
    RecordingHandler handler_;
};

void greet(DeviceConnection& connection, std::size_t /*number*/) {
    connection.send("hello");
    connection.drain();
}

TEST_F(LinkDialTest, RetriesUntilTheDeviceAppears) {
    LoopbackDevice device(greet, {.is_present = false});
    net::Link link(loop_->loop(), link_options(device.address()), handler_);
    link.start();
    ASSERT_TRUE(handler_.wait_end(Errc::connection_refused, 3));
    device.appear();
    ASSERT_TRUE(handler_.wait_received("hello"));
    const net::LinkStatistics statistics = link.statistics();
    EXPECT_EQ(statistics.connects, 1U);
    EXPECT_EQ(statistics.attempts,
              1 + statistics.failed_attempts[static_cast<std::size_t>(Errc::connection_refused)]);
    link.stop();
}

TEST_F(LinkDialTest, TellsTheStatesOnTheWayUp) {
    LoopbackDevice device(greet);
    net::Link link(loop_->loop(), link_options("localhost:" + std::to_string(device.port())),
                   handler_);
    link.start();
    ASSERT_TRUE(handler_.wait_received("hello"));
    link.stop();
    const RecordingHandler::Record record = handler_.record();
    ASSERT_GE(record.statuses.size(), 4U);
    EXPECT_EQ(record.statuses.front().state, LinkState::resolving);
    EXPECT_EQ(record.statuses[1].state, LinkState::connecting);
    EXPECT_EQ(record.count(LinkState::up), 1U);
    EXPECT_EQ(record.statuses.back().state, LinkState::stopped);
}

TEST_F(LinkDialTest, NameWithoutAddressFailsToResolveAgainAndAgain) {
    net::LinkOptions options = link_options("nosuch.invalid:1");
    options.connect_timeout = patience;
    net::Link link(loop_->loop(), options, handler_);
    link.start();
    ASSERT_TRUE(handler_.wait_end(Errc::resolve_failed, 2));
    EXPECT_EQ(handler_.record().count(LinkState::connecting), 0U);
    link.stop();
}

TEST_F(LinkDialTest, UnixSocketDevice) {
    char folder[] = "/tmp/sluice_link_XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    {
        LoopbackDevice device(greet, {.unix_path = std::string(folder) + "/device.sock"});
        net::Link link(loop_->loop(), link_options(device.address()), handler_);
        link.start();
        ASSERT_TRUE(handler_.wait_received("hello"));
        link.stop();
    }
    std::filesystem::remove_all(folder);
}

TEST_F(LinkDialTest, LocalAddressChoosesTheSource) {
    std::string seen;
    Event served;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t /*number*/) {
        seen = connection.peer_host();
        served.set();
        connection.drain();
    });
    net::LinkOptions options = link_options(device.address());
    options.local_address = *Address::parse("127.0.0.77:0");
    net::Link link(loop_->loop(), options, handler_);
    link.start();
    ASSERT_TRUE(served.wait());
    EXPECT_EQ(seen, "127.0.0.77");
    link.stop();
}

TEST_F(LinkDialTest, LocalAddressOfNobodyIsToldAndTriedAgain) {
    LoopbackDevice device(greet);
    net::LinkOptions options = link_options(device.address());
    options.local_address = *Address::parse("192.0.2.1:0");
    net::Link link(loop_->loop(), options, handler_);
    link.start();
    EXPECT_TRUE(handler_.wait_end(Errc::address_unavailable, 2));
    EXPECT_EQ(handler_.record().count(LinkState::up), 0U);
    link.stop();
}

// Bound to the very address that it dials, a socket connects to itself.
TEST_F(LinkDialTest, NeverTakesItselfForTheDevice) {
    std::uint16_t port = 0;
    {
        const LoopbackDevice holder(greet, {.is_present = false});
        port = holder.port();
    }
    const std::string address = "127.0.0.1:" + std::to_string(port);
    net::LinkOptions options = link_options(address);
    options.local_address = *Address::parse(address);
    net::Link link(loop_->loop(), options, handler_);
    link.start();
    EXPECT_TRUE(handler_.wait_end(Errc::connection_refused));
    EXPECT_EQ(handler_.record().count(LinkState::up), 0U);
    link.stop();
}

TEST_F(LinkDialTest, GreetAndCloseDeviceIsDialedEverMoreSlowly) {
    LoopbackDevice device(
        [](DeviceConnection& connection, std::size_t /*number*/) { connection.send("hi"); });
    constexpr std::size_t dials = 10;
    net::LinkOptions options = link_options(device.address());
    options.reconnect_max = std::chrono::milliseconds(50);
    net::Link link(loop_->loop(), options, handler_);
    link.start();
    ASSERT_TRUE(handler_.wait_state(LinkState::waiting, dials));
    link.stop();
    Duration expected = options.reconnect_initial;
    std::size_t seen = 0;
    const RecordingHandler::Record record = handler_.record();
    for (const net::LinkStatus& status : record.statuses) {
        if (status.state == LinkState::waiting) {
            EXPECT_GE(status.retry_after, expected / 2) << "dial " << seen;
            EXPECT_LE(status.retry_after, expected) << "dial " << seen;
            expected = std::min<Duration>(expected * 2, options.reconnect_max);
            ++seen;
        }
    }
    EXPECT_GE(seen, dials);
    for (std::size_t i = 0; i < dials; ++i) {
        EXPECT_EQ(record.connections[i].bytes, "hi");
    }
}

TEST_F(LinkDialTest, DelayBeginsAnewAfterAHealthyConnection) {
    Event release;
    LoopbackDevice device([&](DeviceConnection& /*connection*/, std::size_t number) {
        if (number == 5) {
            EXPECT_TRUE(release.wait());
        }
    });
    net::LinkOptions options = link_options(device.address());
    options.reconnect_max = std::chrono::milliseconds(50);
    options.healthy_after = std::chrono::milliseconds(100);
    net::Link link(loop_->loop(), options, handler_);
    SteadyTime up_since = never;
    handler_.also_on_state = [&](const net::LinkStatus& status) {
        if (status.state == LinkState::up && status.connection == 6) {
            up_since = loop_->loop().now();
        }
    };
    link.start();
    ASSERT_TRUE(handler_.wait_state(LinkState::up, 6));
    ASSERT_TRUE(wait_on_loop(
        *loop_, [&] { return loop_->loop().now() - up_since >= options.healthy_after; }));
    release.set();
    ASSERT_TRUE(handler_.wait_state(LinkState::waiting, 6));
    link.stop();
    const RecordingHandler::Record record = handler_.record();
    std::vector<Duration> delays;
    for (const net::LinkStatus& status : record.statuses) {
        if (status.state == LinkState::waiting) {
            delays.push_back(status.retry_after);
        }
    }
    ASSERT_GE(delays.size(), 6U);
    EXPECT_GE(delays[4], options.reconnect_initial * 8);
    EXPECT_LE(delays[5], options.reconnect_initial);
}

}  // namespace
}  // namespace sluice::test
