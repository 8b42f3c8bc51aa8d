#include "sluice/net/link.hpp"

#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <fstream>

#include "support/links.hpp"
#include "support/loopback_device.hpp"
#include "support/recording_handler.hpp"

namespace sluice::test {
namespace {

using net::LinkState;

/// The descriptor of this process that is connected to a local port; -1 if there is none.
int find_socket_to(std::uint16_t port) {
    for (int descriptor = 3; descriptor < 1024; ++descriptor) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
            peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) {
            return descriptor;
        }
    }
    return -1;
}

int option(int socket, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(socket, level, name, &value, &size), 0);
    return value;
}

/// A limit of the kernel, such as net.core.rmem_max; it is the same in every network namespace
/// that may see it.
int kernel_limit(const char* name) {
    int value = 0;
    std::ifstream("/proc/sys/net/core/" + std::string(name)) >> value;
    return value;
}

class LinkSocketOptionsTest : public ::testing::Test {
  protected:
    /// Reconnects until there were `connections` of them, and leaves the last one up.
    void connect(const net::SocketOptions& socket, std::size_t connections = 1) {
        last_ = connections - 1;
        net::LinkOptions options = link_options(device_.address());
        options.socket = socket;
        link_.emplace(loop_->loop(), options, handler_);
        link_->start();
        ASSERT_TRUE(handler_.wait_state(LinkState::up, connections));
        effective_ = link_->statistics().socket;
        descriptor_ = find_socket_to(device_.port());
        ASSERT_GE(descriptor_, 0);
    }

    std::atomic<std::size_t> last_ = 0;
    LoopbackDevice device_{[this](DeviceConnection& connection, std::size_t number) {
        if (number >= last_) {
            connection.drain();
        }
    }};
    std::unique_ptr<net::EventLoopThread> loop_ = start_loop();
    RecordingHandler handler_;
    std::optional<net::Link> link_;
    net::EffectiveSocketOptions effective_;
    int descriptor_ = -1;
};

TEST_F(LinkSocketOptionsTest, DefaultsAreWhatTheKernelSays) {
    connect({});
    EXPECT_TRUE(effective_.reuse_address);
    EXPECT_TRUE(effective_.nodelay);
    EXPECT_TRUE(effective_.keepalive);
    EXPECT_EQ(effective_.keepalive_idle_s, 10);
    EXPECT_EQ(effective_.keepalive_interval_s, 3);
    EXPECT_EQ(effective_.keepalive_probes, 3);
    EXPECT_EQ(effective_.user_timeout_ms, 20'000);
    EXPECT_EQ(option(descriptor_, SOL_SOCKET, SO_REUSEADDR), 1);
    EXPECT_EQ(option(descriptor_, IPPROTO_TCP, TCP_NODELAY), 1);
    EXPECT_EQ(option(descriptor_, SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(option(descriptor_, IPPROTO_TCP, TCP_KEEPIDLE), 10);
    EXPECT_EQ(option(descriptor_, IPPROTO_TCP, TCP_KEEPINTVL), 3);
    EXPECT_EQ(option(descriptor_, IPPROTO_TCP, TCP_KEEPCNT), 3);
    EXPECT_EQ(option(descriptor_, IPPROTO_TCP, TCP_USER_TIMEOUT), 20'000);
    EXPECT_EQ(option(descriptor_, SOL_SOCKET, SO_RCVBUF), effective_.receive_buffer_b);
    EXPECT_EQ(option(descriptor_, SOL_SOCKET, SO_SNDBUF), effective_.transmit_buffer_b);
    link_->stop();
}

TEST_F(LinkSocketOptionsTest, EverythingCanBeSwitchedOff) {
    connect({.reuse_address = false, .enable_nodelay = false, .dead_peer_timeout = Duration{}});
    EXPECT_FALSE(effective_.reuse_address);
    EXPECT_FALSE(effective_.nodelay);
    EXPECT_FALSE(effective_.keepalive);
    EXPECT_EQ(effective_.user_timeout_ms, 0);
    EXPECT_EQ(option(descriptor_, SOL_SOCKET, SO_REUSEADDR), 0);
    EXPECT_EQ(option(descriptor_, IPPROTO_TCP, TCP_NODELAY), 0);
    EXPECT_EQ(option(descriptor_, SOL_SOCKET, SO_KEEPALIVE), 0);
    EXPECT_EQ(option(descriptor_, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
    link_->stop();
}

TEST_F(LinkSocketOptionsTest, BufferSizesAreReportedAsTheKernelDoubledThem) {
    connect({.kernel_receive_buffer_size_b = 50'000, .kernel_transmit_buffer_size_b = 60'000});
    EXPECT_EQ(effective_.receive_buffer_b, 100'000);
    EXPECT_EQ(effective_.transmit_buffer_b, 120'000);
    EXPECT_EQ(option(descriptor_, SOL_SOCKET, SO_RCVBUF), 100'000);
    EXPECT_EQ(option(descriptor_, SOL_SOCKET, SO_SNDBUF), 120'000);
    link_->stop();
}

TEST_F(LinkSocketOptionsTest, BufferSizesAreReportedAsTheKernelCappedThem) {
    constexpr int huge = 1 << 30;
    connect({.kernel_receive_buffer_size_b = huge, .kernel_transmit_buffer_size_b = huge});
    EXPECT_EQ(effective_.receive_buffer_b, 2 * kernel_limit("rmem_max"));
    EXPECT_EQ(effective_.transmit_buffer_b, 2 * kernel_limit("wmem_max"));
    link_->stop();
}

TEST_F(LinkSocketOptionsTest, SetAgainOnEveryNewSocket) {
    connect({.enable_nodelay = false,
             .kernel_receive_buffer_size_b = 50'000,
             .dead_peer_timeout = std::chrono::seconds(8)},
            3);
    EXPECT_EQ(link_->statistics().connection, 3U);
    EXPECT_EQ(effective_.receive_buffer_b, 100'000);
    EXPECT_EQ(effective_.user_timeout_ms, 8'000);
    EXPECT_EQ(option(descriptor_, IPPROTO_TCP, TCP_NODELAY), 0);
    EXPECT_EQ(option(descriptor_, SOL_SOCKET, SO_RCVBUF), 100'000);
    EXPECT_EQ(option(descriptor_, IPPROTO_TCP, TCP_KEEPIDLE), 4);
    EXPECT_EQ(option(descriptor_, IPPROTO_TCP, TCP_USER_TIMEOUT), 8'000);
    link_->stop();
}

}  // namespace
}  // namespace sluice::test
