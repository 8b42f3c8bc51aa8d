// A TcpClientStage allocates nothing per packet, group and message, once it has done its work for a
// moment.
#include "sluice/stages/tcp_client_stage.hpp"

#include <gtest/gtest.h>

#include <array>

#include "support/client_pipeline.hpp"
#include "support/count_allocations.hpp"
#include "support/loopback_device.hpp"

namespace sluice::test {
namespace {

/// Counts what the reading thread allocates over many packets, once the first of every kind of
/// message was published; again and again, until it is nothing. A pooled message that is used more
/// rarely than others may still grow to its most in between; what each packet or group costs is
/// seen every time.
class AllocationCounter {
  public:
    explicit AllocationCounter(std::uint64_t packets) : packets_(packets) {}

    /// Called on the reading thread.
    void add(std::uint64_t packets) {
        if (is_warm_ && left_ == 0 && !done_.is_set()) {
            left_ = packets_;
            before_ = allocations_of_thread;
        } else if (left_ > packets) {
            left_ -= packets;
        } else if (left_ > 0) {
            left_ = 0;
            counted_ = allocations_of_thread - before_;
            if (counted_ == 0 || ++attempts_ == attempts_max) {
                done_.set();
            }
        }
    }
    void add_statistics() { is_warm_ = true; }
    [[nodiscard]] bool wait() { return done_.wait(4 * patience); }
    [[nodiscard]] std::uint64_t counted() const { return counted_; }

  private:
    static constexpr int attempts_max = 10;

    const std::uint64_t packets_;
    int attempts_ = 0;
    std::uint64_t left_ = 0;
    bool is_warm_ = false;
    std::uint64_t before_ = 0;
    std::uint64_t counted_ = ~std::uint64_t{0};
    Event done_;
};

constexpr std::uint64_t packets_to_count = 100'000;
constexpr SubscriptionOptions on_reading_thread{.delivery = DeliveryMode::inline_call};

void count_statistics(ClientPipeline& clients, AllocationCounter& counter) {
    clients.pipeline.add(
        "statistics", std::make_unique<LambdaStage>([&counter](StageInterface& interface) {
            interface.subscribe<SocketStats>("/device/socket_stats", on_reading_thread,
                                             [&counter](const Delivery<SocketStats>& /*delivery*/) {
                                                 counter.add_statistics();
                                             });
        }));
}

TEST(TcpClientStageAllocation, NoneForPacketsThatAreAnsweredOneByOne) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        std::array<std::byte, 64> message{};
        while (connection.send(message) == message.size() && connection.receive(message) > 0) {
        }
    });
    AllocationCounter counter(packets_to_count);
    ClientPipeline clients;
    clients.add_client(client_config(device.address()));
    clients.add_commander();
    clients.add_listener("answerer", on_reading_thread,
                         [&](const Delivery<TcpPacketGroup>& delivery) {
                             counter.add(delivery.message().packets.size());
                             clients.send("k");
                         });
    count_statistics(clients, counter);
    clients.start();
    ASSERT_TRUE(counter.wait());
    EXPECT_EQ(counter.counted(), 0U);
    clients.pipeline.stop();
}

TEST(TcpClientStageAllocation, NoneForGroupsOfManyThatAreQueuedForOthers) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        const std::string data(100'000, 'x');
        while (connection.send(data) == data.size()) {
        }
    });
    AllocationCounter counter(packets_to_count);
    ClientPipeline clients;
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 16;
    config.group_timeout_ms = 0;  // all groups are full
    config.receive_slab_size_b = 16'384;
    clients.add_client(config);
    clients.add_listener("counter", on_reading_thread,
                         [&](const Delivery<TcpPacketGroup>& delivery) {
                             counter.add(delivery.message().packets.size());
                         });
    // Until it gives some back there are more messages than will be under way later.
    constexpr std::size_t depth = 4;
    std::vector<MessagePtr<TcpPacketGroup>> kept;
    clients.add_listener("lossless", {.policy = SubscriptionPolicy::lossless, .queue_depth = depth},
                         [&](const Delivery<TcpPacketGroup>& delivery) {
                             if (kept.capacity() == 0) {
                                 kept.reserve(depth + 2);
                             }
                             if (kept.size() < kept.capacity()) {
                                 kept.push_back(delivery.keep());
                             } else if (kept.front()) {
                                 for (MessagePtr<TcpPacketGroup>& message : kept) {
                                     message.reset();
                                 }
                             }
                         });
    count_statistics(clients, counter);
    clients.start();
    ASSERT_TRUE(counter.wait());
    EXPECT_EQ(counter.counted(), 0U);
    clients.pipeline.stop();
}

/// Frames of 1 to 26 bytes, of this framing.
std::string small_frames(bool is_slip) {
    std::string data;
    for (std::size_t i = 0; i < 100'000; ++i) {
        data +=
            std::string(1 + i % 26, static_cast<char>('a' + i % 26)) + (is_slip ? '\xc0' : '\n');
    }
    return data;
}

class TcpClientStageFrameAllocation : public ::testing::TestWithParam<const char*> {};

TEST_P(TcpClientStageFrameAllocation, NoneForFramesThatAreQueuedForOthers) {
    const std::string data = small_frames(std::string_view(GetParam()) == "slip,max:1KiB");
    LoopbackDevice device([&data](DeviceConnection& connection, std::size_t /*number*/) {
        while (connection.send(data) == data.size()) {
        }
    });
    AllocationCounter counter(20 * packets_to_count);
    ClientPipeline clients;
    TcpClientStageConfig config = client_config(device.address());
    config.framing = *Framing::parse(GetParam());
    clients.add_client(config);
    // Frames are counted, from when so many groups were seen that each message has had its most.
    std::uint64_t groups = 0;
    clients.pipeline.add(
        "counter", std::make_unique<LambdaStage>([&](StageInterface& interface) {
            interface.subscribe<FrameGroup>("/device/frames", on_reading_thread,
                                            [&](const Delivery<FrameGroup>& delivery) {
                                                if (++groups > 2000) {
                                                    counter.add(delivery.message().frames.size());
                                                }
                                            });
            interface.subscribe<FrameGroup>(
                "/device/frames", {.policy = SubscriptionPolicy::lossless, .queue_depth = 4},
                [](const Delivery<FrameGroup>& /*delivery*/) {});
        }));
    count_statistics(clients, counter);
    clients.start();
    ASSERT_TRUE(counter.wait());
    EXPECT_EQ(counter.counted(), 0U);
    clients.pipeline.stop();
}

INSTANTIATE_TEST_SUITE_P(Kinds, TcpClientStageFrameAllocation,
                         ::testing::Values("lines", "slip,max:1KiB"));

}  // namespace
}  // namespace sluice::test
