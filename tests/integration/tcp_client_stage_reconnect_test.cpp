// When a TcpClientStage gives a connection up, and when it tries again.
#include "sluice/stages/tcp_client_stage.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "support/client_pipeline.hpp"
#include "support/loopback_device.hpp"

namespace sluice::test {
namespace {

constexpr std::uint32_t hour_ms = 3'600'000;

/// A listener whose queue is full: the kernel answers nobody any more.
class SilentListener {
  public:
    SilentListener() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(listener_, generic, size), 0);
        EXPECT_EQ(::listen(listener_, 0), 0);
        EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
        port_ = ntohs(address.sin_port);
        for (int i = 0; i < 8; ++i) {
            fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            static_cast<void>(::connect(fillers_.back(), generic, size));
        }
    }
    ~SilentListener() {
        for (const int filler : fillers_) {
            ::close(filler);
        }
        ::close(listener_);
    }
    SilentListener(const SilentListener&) = delete;
    SilentListener& operator=(const SilentListener&) = delete;

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  private:
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::vector<int> fillers_;
};

void drain(DeviceConnection& connection, std::size_t /*number*/) {
    connection.drain();
}

class TcpClientStageReconnect : public ::testing::Test {
  protected:
    ClientWatch& start(const TcpClientStageConfig& config) {
        ClientWatch& watch = clients_.add_watched_client(config);
        clients_.start();
        return watch;
    }
    /// The delays that were told, of the first `count` waits.
    std::vector<std::uint32_t> delays(ClientWatch& watch, std::size_t count) {
        EXPECT_TRUE(watch.wait_state(ConnectionStatus::waiting, count));
        std::vector<std::uint32_t> all;
        for (const ConnectionState& state : watch.record().states) {
            if (state.state == ConnectionStatus::waiting && all.size() < count) {
                all.push_back(state.retry_after_ms);
            }
        }
        return all;
    }

    ClientPipeline clients_;
};

TEST_F(TcpClientStageReconnect, RetriesUntilTheDeviceAppears) {
    LoopbackDevice device(drain, {.is_present = false});
    ClientWatch& watch = start(client_config(device.address()));
    ASSERT_TRUE(watch.wait_end("connection_refused", 3));
    device.appear();
    EXPECT_TRUE(watch.wait_state(ConnectionStatus::up));
}

TEST_F(TcpClientStageReconnect, ASilentDeviceIsDialedAgainAfterTheDataTimeout) {
    LoopbackDevice device(drain);
    TcpClientStageConfig config = client_config(device.address());
    config.data_receive_timeout_ms = 20;
    ClientWatch& watch = start(config);
    EXPECT_TRUE(watch.wait_end("data_timeout", 2));
    EXPECT_TRUE(watch.wait_state(ConnectionStatus::up, 3));
}

TEST_F(TcpClientStageReconnect, ADeviceThatTakesNothingIsGivenUpAfterTheSendStallTimeout) {
    Event end;
    LoopbackDevice device(
        [&end](DeviceConnection& connection, std::size_t number) {
            number == 0 ? static_cast<void>(end.wait()) : connection.drain();
        },
        {.receive_buffer_b = 4096});
    TcpClientStageConfig config = client_config(device.address());
    config.send_stall_timeout_ms = 200;
    config.kernel_transmit_buffer_size_b = 4096;
    ClientWatch& watch = clients_.add_watched_client(config);
    clients_.add_commander();
    clients_.start();
    ASSERT_TRUE(watch.wait_state(ConnectionStatus::up));
    clients_.send(std::string(500'000, 'x'));
    EXPECT_TRUE(watch.wait_end("send_stalled"));
    end.set();
}

TEST_F(TcpClientStageReconnect, AnAttemptEndsAfterTheConnectTimeout) {
    const SilentListener listener;
    TcpClientStageConfig config = client_config(listener.address());
    config.connect_timeout_ms = 30;
    ClientWatch& watch = start(config);
    EXPECT_TRUE(watch.wait_end("connect_timeout", 20));
}

TEST_F(TcpClientStageReconnect, DelaysBeginWithTheInitialOneAndDouble) {
    const LoopbackDevice device({}, {.is_present = false});
    TcpClientStageConfig config = client_config(device.address());
    config.reconnect_initial_ms = 8;
    config.reconnect_max_ms = hour_ms;
    const std::vector<std::uint32_t> told = delays(start(config), 4);
    ASSERT_EQ(told.size(), 4U);
    for (std::size_t i = 0; i < told.size(); ++i) {
        EXPECT_GE(told[i], 4U << i);
        EXPECT_LE(told[i], 8U << i);
    }
}

TEST_F(TcpClientStageReconnect, DelaysDoNotExceedTheLongest) {
    const LoopbackDevice device({}, {.is_present = false});
    TcpClientStageConfig config = client_config(device.address());
    config.reconnect_initial_ms = 1;
    config.reconnect_max_ms = 2;
    for (const std::uint32_t delay : delays(start(config), 10)) {
        EXPECT_LE(delay, 2U);
    }
}

TEST_F(TcpClientStageReconnect, DelaysBeginAnewAfterAHealthyConnection) {
    LoopbackDevice device(drain);
    TcpClientStageConfig config = client_config(device.address());
    config.reconnect_max_ms = hour_ms;
    config.data_receive_timeout_ms = 20;
    config.healthy_after_ms = 1;
    for (const std::uint32_t delay : delays(start(config), 6)) {
        EXPECT_LE(delay, 1U);
    }
}

TEST_F(TcpClientStageReconnect, DelaysGoOnGrowingAfterConnectionsThatWereNot) {
    LoopbackDevice device(drain);
    TcpClientStageConfig config = client_config(device.address());
    config.reconnect_max_ms = hour_ms;
    config.data_receive_timeout_ms = 20;
    config.healthy_after_ms = hour_ms;
    const std::vector<std::uint32_t> told = delays(start(config), 6);
    ASSERT_EQ(told.size(), 6U);
    EXPECT_GE(told.back(), 16U);
}

}  // namespace
}  // namespace sluice::test
