// What the kernel itself tells of a connection: when it received, and how the connection fares.
#include "sluice/net/link.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sluice/sys/clock.hpp"
#include "support/links.hpp"
#include "support/loopback_device.hpp"
#include "support/recording_handler.hpp"

namespace sluice::test {
namespace {

using net::LinkState;

net::LinkOptions stamped(const std::string& address) {
    net::LinkOptions options = link_options(address);
    options.socket.kernel_receive_time = true;
    options.reconnect = false;
    return options;
}

/// Says something, again whenever it is answered: the host begins to stamp a moment after it is
/// asked to, and until then packets have no stamp.
void speak_when_answered(DeviceConnection& connection, std::size_t /*number*/) {
    do {
        connection.send("tick");
    } while (connection.receive_text(4) == "tock");
}

class LinkKernelTimeTest : public ::testing::Test {
  protected:
    /// Starts a link and answers every packet until one has a stamp. While the link lives the host
    /// stamps.
    void start_until_stamped(net::Link& link) {
        handler_.also_on_packet = [this, &link](const net::Packet& packet) {
            if (packet.kernel_time) {
                kernel_time_ = *packet.kernel_time;
                receive_time_ = packet.receive_time;
                is_stamped_.set();
            } else {
                static_cast<void>(link.egress().try_push_copy(std::as_bytes(std::span("tock", 4))));
            }
        };
        link.start();
        ASSERT_TRUE(is_stamped_.wait());
    }

    LoopbackDevice stamping_device_{speak_when_answered};
    SystemTime kernel_time_;
    SystemTime receive_time_;
    Event is_stamped_;
    RecordingHandler handler_;
    std::unique_ptr<net::EventLoopThread> loop_ = start_loop();
};

TEST_F(LinkKernelTimeTest, LiesBetweenTheSendAndTheReceive) {
    const SystemTime before = sys::system_now();
    net::Link link(loop_->loop(), stamped(stamping_device_.address()), handler_);
    start_until_stamped(link);
    EXPECT_GE(kernel_time_, before);
    EXPECT_LE(kernel_time_, receive_time_);
    EXPECT_TRUE(link.statistics().socket.kernel_receive_time);
    link.stop();
}

TEST_F(LinkKernelTimeTest, IsThatOfTheLastSegmentRead) {
    net::Link first(loop_->loop(), stamped(stamping_device_.address()), handler_);
    start_until_stamped(first);

    Event is_paused;
    Event all_arrived;
    std::atomic<SystemTime> between{};
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t /*number*/) {
        EXPECT_TRUE(is_paused.wait());
        connection.send("early");
        EXPECT_TRUE(connection.wait_acknowledged());
        between = sys::system_now();
        connection.send("late");
        EXPECT_TRUE(connection.wait_acknowledged());
        all_arrived.set();
        connection.drain();
    });
    RecordingHandler handler;
    std::atomic<bool> is_upper_bound = false;
    handler.also_on_packet = [&](const net::Packet& packet) {
        is_upper_bound = packet.data.size() == 9 && packet.kernel_time >= between.load();
    };
    net::Link link(loop_->loop(), stamped(device.address()), handler);
    handler.also_on_state = [&](const net::LinkStatus& status) {
        if (status.state == LinkState::up) {
            link.pause();
            is_paused.set();
        }
    };
    link.start();
    ASSERT_TRUE(all_arrived.wait());
    link.resume();
    ASSERT_TRUE(handler.wait_received("earlylate"));
    loop_->run_on_loop([] {});  // until the callback has returned
    EXPECT_TRUE(is_upper_bound);
    link.stop();
    first.stop();
}

TEST_F(LinkKernelTimeTest, IsAbsentUnlessWanted) {
    net::Link first(loop_->loop(), stamped(stamping_device_.address()), handler_);
    start_until_stamped(first);

    LoopbackDevice device(speak_when_answered);
    RecordingHandler handler;
    std::atomic<bool> has_time = false;
    handler.also_on_packet = [&](const net::Packet& packet) {
        has_time = has_time || packet.kernel_time.has_value();
    };
    net::Link link(loop_->loop(), link_options(device.address()), handler);
    link.start();
    ASSERT_TRUE(handler.wait_received("tick"));
    link.stop();
    EXPECT_FALSE(has_time);
    EXPECT_FALSE(link.statistics().socket.kernel_receive_time);
    first.stop();
}

TEST_F(LinkKernelTimeTest, IsAbsentOnAUnixSocket) {
    std::string directory = std::filesystem::temp_directory_path() / "sluice-XXXXXX";
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    {
        LoopbackDevice device(speak_when_answered, {.unix_path = directory + "/device"});
        std::atomic<bool> has_time = false;
        handler_.also_on_packet = [&](const net::Packet& packet) {
            has_time = has_time || packet.kernel_time.has_value();
        };
        net::Link link(loop_->loop(), stamped(device.address()), handler_);
        link.start();
        ASSERT_TRUE(handler_.wait_received("tick"));
        link.stop();
        EXPECT_FALSE(has_time);
        EXPECT_FALSE(link.statistics().socket.kernel_receive_time);
    }
    std::filesystem::remove_all(directory);
}

TEST(LinkKernelLookTest, TellsHowTheConnectionFaresAndThatItsBufferGrew) {
    int grows = 0;
    std::ifstream("/proc/sys/net/ipv4/tcp_moderate_rcvbuf") >> grows;
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        const std::string data(100'000, 'x');
        while (connection.send(data) == data.size()) {
        }
    });
    const std::unique_ptr<net::EventLoopThread> loop = start_loop();
    std::atomic<int> first_buffer_b = 0;
    struct Forgetting final : net::LinkHandler {
        void on_packet(net::Packet&& /*packet*/) override {}
        void on_state(const net::LinkStatus& /*status*/) override {}
    } handler;
    net::LinkOptions options = link_options(device.address());
    options.socket.dead_peer_timeout = std::chrono::seconds(2);  // looks every half second
    net::Link link(loop->loop(), options, handler);
    link.start();
    EXPECT_TRUE(wait_on_loop(*loop, [&] {
        const net::LinkStatistics look = link.statistics();
        if (look.state == LinkState::up && first_buffer_b == 0) {
            first_buffer_b = look.socket.receive_buffer_b;
        }
        return look.tcp.received_bytes > 0 && look.tcp.rtt_us > 0 && look.tcp.rtt_us_min > 0 &&
               look.tcp.congestion_window > 0 && look.socket.transmit_buffer_b > 0 &&
               (grows == 0 || look.socket.receive_buffer_b > first_buffer_b);
    }));
    link.stop();
}

}  // namespace
}  // namespace sluice::test
