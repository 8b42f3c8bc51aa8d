#include "sluice/net/link.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "support/links.hpp"
#include "support/loopback_device.hpp"
#include "support/network_namespace.hpp"
#include "support/recording_handler.hpp"

namespace sluice::test {
namespace {

using net::LinkState;

/// Two machines with a cable: the link lives here, the device there.
///
///     here  veth0 10.77.0.1, 10.77.0.3, fe80::a1  -----  10.77.0.2, fe80::a2 veth0  there
class LinkNetworkTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (::geteuid() != 0) {
            GTEST_SKIP() << "only root may make network namespaces";
        }
        here_ = std::make_unique<NetworkNamespace>();
        there_ = std::make_unique<NetworkNamespace>();
        here_->ip("link add veth0 type veth peer name veth0 netns " + there_->path());
        there_->ip("link set veth0 address 02:00:00:00:00:02 up");
        there_->ip("addr add 10.77.0.2/24 dev veth0");
        there_->ip("addr add fe80::a2/64 dev veth0 nodad");
        here_->ip("link set veth0 up");
        here_->ip("addr add 10.77.0.1/24 dev veth0");
        here_->ip("addr add 10.77.0.3/24 dev veth0");
        here_->ip("addr add fe80::a1/64 dev veth0 nodad");
        here_->ip("neigh add 10.77.0.2 lladdr 02:00:00:00:00:02 dev veth0 nud permanent");
        // An address that nobody answers for, at a machine that nobody is.
        here_->ip("neigh add 10.77.0.9 lladdr 02:00:00:00:00:09 dev veth0 nud permanent");
        here_->run([this] { loop_ = start_loop(); });
    }

    void TearDown() override {
        release_.set();
        if (link_) {
            link_->stop();
        }
    }

    void place_device(LoopbackDevice::Script script, const DeviceOptions& options) {
        there_->run([&] { device_.emplace(std::move(script), options); });
    }
    /// A device that reads, and ends only when the test does.
    void place_reading_device(const std::string& host = "10.77.0.2") {
        place_device(
            [this](DeviceConnection& connection, std::size_t /*number*/) {
                source_ = connection.peer_host();
                connection.send("hello");
                connection.drain();
            },
            {.host = host});
    }
    /// A device that leaves everything in its small receive buffer.
    void place_stuck_device() {
        place_device([this](DeviceConnection& /*connection*/,
                            std::size_t /*number*/) { EXPECT_TRUE(release_.wait()); },
                     {.host = "10.77.0.2", .receive_buffer_b = 16 * 1024});
    }

    void start_link(const net::LinkOptions& options) {
        link_.emplace(loop_->loop(), options, handler_);
        link_->start();
    }
    /// Options that give a dead peer up as early as is allowed.
    [[nodiscard]] net::LinkOptions impatient_options() const {
        net::LinkOptions options = link_options(device_->address());
        options.socket.dead_peer_timeout = std::chrono::seconds(2);
        options.egress = {.policy = net::EgressPolicy::wait, .buffer_size_b = 8 * 1024 * 1024};
        return options;
    }
    void connect_to_reading_device() {
        place_reading_device();
        start_link(impatient_options());
        ASSERT_TRUE(handler_.wait_received("hello"));
    }
    /// Connects and sends until the device's window is closed.
    void connect_and_close_window() {
        place_stuck_device();
        start_link(impatient_options());
        ASSERT_TRUE(link_->egress().push_copy(std::vector<std::byte>(8 * 1024 * 1024)));
        ASSERT_TRUE(handler_.wait_state(LinkState::up));
        ASSERT_TRUE(wait_on_loop(*loop_, [this] {
            const net::LinkStatistics look = link_->statistics();
            return look.tcp.since_ack_received > Duration{} && look.tcp.send_window == 0;
        }));
    }

    /// From now on the device gets nothing, and nobody says so.
    void lose_device() { there_->ip("link set veth0 address 02:00:00:00:00:77"); }
    void pull_cable() { here_->ip("link set veth0 down"); }

    std::unique_ptr<NetworkNamespace> here_;
    std::unique_ptr<NetworkNamespace> there_;
    Event release_;
    std::string source_;
    std::unique_ptr<net::EventLoopThread> loop_;
    std::optional<LoopbackDevice> device_;
    RecordingHandler handler_;
    std::optional<net::Link> link_;
};

TEST_F(LinkNetworkTest, SilentlyLostDeviceOfAQuietConnectionIsDead) {
    connect_to_reading_device();
    lose_device();
    EXPECT_TRUE(handler_.wait_end(Errc::peer_dead));
}

TEST_F(LinkNetworkTest, SilentlyLostDeviceOfABusyConnectionIsDead) {
    connect_to_reading_device();
    lose_device();
    ASSERT_TRUE(link_->egress().push_copy(std::vector<std::byte>(1000)));
    EXPECT_TRUE(handler_.wait_end(Errc::peer_dead));
}

TEST_F(LinkNetworkTest, SilentlyLostDeviceBehindAClosedWindowIsDead) {
    connect_and_close_window();
    lose_device();
    EXPECT_TRUE(handler_.wait_end(Errc::peer_dead));
}

TEST_F(LinkNetworkTest, PulledCableIsADeadPeer) {
    connect_to_reading_device();
    pull_cable();
    EXPECT_TRUE(handler_.wait_end(Errc::peer_dead));
}

TEST_F(LinkNetworkTest, PulledCableBehindAClosedWindowIsADeadPeer) {
    connect_and_close_window();
    pull_cable();
    EXPECT_TRUE(handler_.wait_end(Errc::peer_dead));
}

TEST_F(LinkNetworkTest, ConnectsAgainWhenTheLostDeviceIsBack) {
    connect_to_reading_device();
    lose_device();
    ASSERT_TRUE(handler_.wait_end(Errc::peer_dead));
    there_->ip("link set veth0 address 02:00:00:00:00:02");
    EXPECT_TRUE(handler_.wait_state(LinkState::up, 2));
}

TEST_F(LinkNetworkTest, BlackHoleTimesOutAndIsTriedAgain) {
    net::LinkOptions options = link_options("10.77.0.9:9");
    options.connect_timeout = std::chrono::milliseconds(100);
    start_link(options);
    EXPECT_TRUE(handler_.wait_end(Errc::connect_timeout, 3));
    EXPECT_EQ(link_->statistics().connects, 0U);
}

TEST_F(LinkNetworkTest, StopsAtOnceWhileConnectingToABlackHole) {
    net::LinkOptions options = link_options("10.77.0.9:9");
    options.connect_timeout = std::chrono::hours(1);
    start_link(options);
    ASSERT_TRUE(handler_.wait_state(LinkState::connecting));
    link_->stop();
    const RecordingHandler::Record record = handler_.record();
    ASSERT_EQ(record.statuses.size(), 2U);
    EXPECT_EQ(record.statuses.back().state, LinkState::stopped);
    loop_->run_on_loop([] {});
    EXPECT_EQ(handler_.record().statuses.size(), 2U);
}

TEST_F(LinkNetworkTest, NoRouteIsUnreachable) {
    start_link(link_options("203.0.113.1:9"));
    EXPECT_TRUE(handler_.wait_end(Errc::unreachable, 2));
}

TEST_F(LinkNetworkTest, RefusedRouteIsUnreachable) {
    here_->ip("route add unreachable 203.0.113.0/24");
    start_link(link_options("203.0.113.1:9"));
    EXPECT_TRUE(handler_.wait_end(Errc::unreachable, 2));
}

TEST_F(LinkNetworkTest, LinkLocalAddressIsReachedThroughItsScope) {
    place_reading_device("fe80::a2%veth0");
    start_link(link_options(device_->address()));
    ASSERT_TRUE(handler_.wait_received("hello"));
    link_->stop();
    device_->leave();
    EXPECT_EQ(source_, "fe80::a1%veth0");
}

TEST_F(LinkNetworkTest, InterfaceMayAppearLater) {
    there_->ip("link add late0 type veth peer name late1");
    there_->ip("link set late0 up");
    there_->ip("addr add fe80::b2/64 dev late0 nodad");
    place_reading_device("fe80::b2%late0");
    start_link(link_options(device_->address()));
    ASSERT_TRUE(handler_.wait_end(Errc::no_interface, 3));
    there_->ip("link set late1 netns " + here_->path() + " name late0");
    here_->ip("link set late0 up");
    here_->ip("addr add fe80::b1/64 dev late0 nodad");
    EXPECT_TRUE(handler_.wait_received("hello"));
}

TEST_F(LinkNetworkTest, LocalAddressChoosesTheSource) {
    place_reading_device();
    net::LinkOptions options = link_options(device_->address());
    options.local_address = *Address::parse("10.77.0.3:0");
    start_link(options);
    ASSERT_TRUE(handler_.wait_received("hello"));
    link_->stop();
    device_->leave();
    EXPECT_EQ(source_, "10.77.0.3");
}

}  // namespace
}  // namespace sluice::test
