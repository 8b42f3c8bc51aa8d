// What slow subscribers do to a TcpClientStage, to its device and to each other.
#include "sluice/stages/tcp_client_stage.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "support/client_pipeline.hpp"
#include "support/loopback_device.hpp"

namespace sluice::test {
namespace {

/// Where callbacks wait until the test lets them through.
class Gate {
  public:
    void open(std::size_t passes = static_cast<std::size_t>(-1) / 2) {
        const std::lock_guard lock(mutex_);
        passes_ += passes;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, 4 * patience, [this] { return passes_ > 0; }));
        --passes_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t passes_ = 0;
};

/// The byte at a place of the stream that the device sends.
char byte_at(std::size_t offset) {
    return static_cast<char>(offset * 7 + offset / 257);
}

/// Checks that it is given the stream from the beginning to wherever, without a hole.
class StreamCheck {
  public:
    void feed(const TcpPacketGroup& group) {
        for (const TcpPacket& packet : group.packets) {
            for (const std::byte byte : packet.data.bytes()) {
                is_right = is_right && static_cast<char>(byte) == byte_at(bytes);
                ++bytes;
            }
        }
    }
    std::atomic<std::size_t> bytes = 0;
    std::atomic<bool> is_right = true;
};

class TcpClientStageCredit : public ::testing::Test {
  protected:
    static constexpr std::size_t stream_b = 20'000'000;

    TcpClientStageCredit() : data_(stream_b, '\0') {
        for (std::size_t i = 0; i < data_.size(); ++i) {
            data_[i] = byte_at(i);
        }
    }
    /// Sends the whole stream once and counts how much of it the kernel took.
    LoopbackDevice::Script send_counting() {
        return [this](DeviceConnection& connection, std::size_t number) {
            if (number > 0) {
                connection.drain();
                return;
            }
            const std::span<const std::byte> all = std::as_bytes(std::span(data_));
            for (std::size_t at = 0; at < all.size(); at += 100'000) {
                connection.send(all.subspan(at, 100'000));
                sent_ = at + 100'000;
            }
            all_sent_.set();
            connection.drain();
        };
    }
    /// Calls `function` for everything that `client` tells of itself once a second.
    void on_stats(std::function<void(const SocketStats&)> function) {
        clients_.pipeline.add(
            "stats", std::make_unique<LambdaStage>([function](StageInterface& interface) {
                interface.subscribe<SocketStats>("/device/socket_stats",
                                                 {.delivery = DeliveryMode::inline_call},
                                                 [function](const Delivery<SocketStats>& delivery) {
                                                     function(delivery.message());
                                                 });
            }));
    }
    void on_states(std::function<void(const ConnectionState&)> function) {
        clients_.pipeline.add(
            "states", std::make_unique<LambdaStage>([function](StageInterface& interface) {
                interface.subscribe<ConnectionState>(
                    "/device/connection_state", {.delivery = DeliveryMode::inline_call},
                    [function](const Delivery<ConnectionState>& delivery) {
                        function(delivery.message());
                    });
            }));
    }
    /// By the statistics of another client, which come once a second. The pipeline runs.
    void wait_seconds(std::size_t seconds) {
        EXPECT_TRUE(clock_.wait(
            [seconds](const ClientRecord& r) { return r.stats.size() >= seconds; }, 2 * patience));
    }
    static SubscriptionOptions lossless(std::size_t queue_size_b) {
        return {.policy = SubscriptionPolicy::lossless, .queue_size_b = queue_size_b};
    }

    std::string data_;
    std::atomic<std::size_t> sent_ = 0;
    Event all_sent_;
    LoopbackDevice idle_device_{
        [](DeviceConnection& connection, std::size_t /*number*/) { connection.drain(); }};
    ClientPipeline clients_;
    ClientWatch& clock_ =
        clients_.add_watched_client(client_config(idle_device_.address()), "clock");
};

TEST_F(TcpClientStageCredit, ASlowLosslessSubscriberSlowsTheDeviceAndLosesNothing) {
    LoopbackDevice device(send_counting());
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 4;
    config.kernel_receive_buffer_size_b = 65'536;
    config.dead_peer_timeout_ms = 2000;
    clients_.add_client(config);
    Gate gate;
    StreamCheck check;
    Event done;
    std::atomic<std::size_t> ends = 0;
    on_states([&](const ConnectionState& state) { ends += state.reason.empty() ? 0U : 1U; });
    clients_.add_listener("slow", lossless(300'000), [&](const Delivery<TcpPacketGroup>& delivery) {
        gate.pass();
        EXPECT_EQ(delivery.lost_before(), 0U);
        check.feed(delivery.message());
        if (check.bytes == stream_b) {
            done.set();
        }
    });
    clients_.start();
    wait_seconds(30);
    EXPECT_FALSE(all_sent_.is_set());
    EXPECT_LT(sent_, stream_b / 2) << "TCP slows the device";
    EXPECT_EQ(ends, 0U) << "a paused connection is not a dead one";
    gate.open();
    EXPECT_TRUE(done.wait());
    EXPECT_TRUE(check.is_right);
    clients_.pipeline.stop();
}

TEST_F(TcpClientStageCredit, CreditThatComesAndGoesLosesAndStopsNothing) {
    LoopbackDevice device(send_counting());
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 2;
    clients_.add_client(config);
    StreamCheck check;
    Event done;
    clients_.add_listener("narrow", {.policy = SubscriptionPolicy::lossless, .queue_depth = 1},
                          [&](const Delivery<TcpPacketGroup>& delivery) {
                              check.feed(delivery.message());
                              if (check.bytes == stream_b) {
                                  done.set();
                              }
                          });
    clients_.start();
    EXPECT_TRUE(done.wait(2 * patience));
    EXPECT_TRUE(check.is_right);
    EXPECT_EQ(check.bytes, stream_b);
    clients_.pipeline.stop();
}

TEST_F(TcpClientStageCredit, AGroupThatIsDueWithoutCreditIsPublishedWhenItIsBack) {
    // The device is silent from then on: only the credit itself can move the group.
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        connection.send("ping");
        connection.drain();
    });
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 1000;
    config.group_timeout_ms = 1500;  // the statistics come before, and take the credit
    clients_.add_client(config);
    Gate gate;
    clients_.pipeline.add("stuck", std::make_unique<LambdaStage>([&](StageInterface& interface) {
                              interface.subscribe<SocketStats>(
                                  "/device/socket_stats",
                                  {.policy = SubscriptionPolicy::lossless, .queue_depth = 1},
                                  [&](const Delivery<SocketStats>& /*delivery*/) { gate.pass(); });
                          }));
    Event published;
    clients_.add_listener("listener", {}, [&](const Delivery<TcpPacketGroup>& delivery) {
        EXPECT_EQ(record(delivery.message()).bytes, "ping");
        published.set();
    });
    clients_.start();
    wait_seconds(3);
    EXPECT_FALSE(published.is_set());
    gate.open();
    EXPECT_TRUE(published.wait());
    clients_.pipeline.stop();
}

TEST_F(TcpClientStageCredit, StatisticsGoOnWithoutCreditAndTheStopPublishesTheRest) {
    LoopbackDevice device(send_counting());
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 1000;
    clients_.add_client(config);
    Gate gate;
    StreamCheck check;
    clients_.add_listener("stuck", {.policy = SubscriptionPolicy::lossless, .queue_depth = 1},
                          [&](const Delivery<TcpPacketGroup>& delivery) {
                              gate.pass();
                              check.feed(delivery.message());
                          });
    Event told;
    on_stats([&, before = std::uint64_t{0}](const SocketStats& stats) mutable {
        if (stats.received.bytes > 0 && stats.received.bytes == before) {
            told.set();  // the device waits, and the figures come all the same
        }
        before = stats.received.bytes;
    });
    clients_.start();
    EXPECT_TRUE(told.wait());
    gate.open();
    clients_.pipeline.stop();
    EXPECT_TRUE(check.is_right);
    EXPECT_GT(check.bytes, 0U);
}

TEST_F(TcpClientStageCredit, StatisticsThatALosslessSubscriberHasNoRoomForAreSkipped) {
    LoopbackDevice device(send_counting());
    clients_.add_client(client_config(device.address()));
    Gate gate;
    std::atomic<std::size_t> begun = 0;
    clients_.pipeline.add("stuck", std::make_unique<LambdaStage>([&](StageInterface& interface) {
                              interface.subscribe<SocketStats>(
                                  "/device/socket_stats",
                                  {.policy = SubscriptionPolicy::lossless, .queue_depth = 1},
                                  [&](const Delivery<SocketStats>& /*delivery*/) {
                                      ++begun;
                                      gate.pass();
                                  });
                          }));
    std::atomic<std::size_t> messages = 0;
    on_stats([&](const SocketStats& /*stats*/) { ++messages; });
    clients_.start();
    wait_seconds(4);
    EXPECT_EQ(begun, 1U);
    EXPECT_EQ(messages, 1U) << "there is room when the callback has ended";
    gate.open();
    clients_.pipeline.stop();
}

TEST_F(TcpClientStageCredit, ASlowLossySubscriberLosesAndIsToldAndDisturbsNobody) {
    LoopbackDevice device(send_counting());
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 2;
    clients_.add_client(config);
    Gate gate;
    StreamCheck check;
    Event done;
    std::atomic<std::uint64_t> published = 0;
    std::atomic<std::uint64_t> delivered = 0;
    std::atomic<std::uint64_t> lost = 0;
    clients_.add_listener("lossy", {.policy = SubscriptionPolicy::drop_oldest, .queue_depth = 4},
                          [&](const Delivery<TcpPacketGroup>& delivery) {
                              gate.pass();
                              ++delivered;
                              lost += delivery.lost_before();
                          });
    clients_.add_listener("exact", lossless(1'000'000),
                          [&](const Delivery<TcpPacketGroup>& delivery) {
                              ++published;
                              check.feed(delivery.message());
                              if (check.bytes == stream_b) {
                                  done.set();
                              }
                          });
    clients_.start();
    EXPECT_TRUE(done.wait()) << "the lossy one stands still, and the other gets everything";
    EXPECT_TRUE(check.is_right);
    gate.open();
    clients_.pipeline.stop();
    EXPECT_GT(lost, 0U);
    EXPECT_EQ(delivered + lost, published) << "every loss is told";
}

TEST_F(TcpClientStageCredit, WhoKeepsMessagesIsNamed) {
    LoopbackDevice device(send_counting());
    TcpClientStageConfig config = client_config(device.address());
    clients_.add_client(config);
    std::mutex mutex;
    std::vector<MessagePtr<TcpPacketGroup>> kept;
    clients_.add_listener("keeper", {}, [&](const Delivery<TcpPacketGroup>& delivery) {
        const std::lock_guard lock(mutex);
        if (kept.size() < 3) {
            kept.push_back(delivery.keep());
        }
    });
    clients_.add_listener("honest", {}, [](const Delivery<TcpPacketGroup>& /*delivery*/) {});
    std::vector<std::string> holders;
    std::uint64_t pinned = 0;
    Event told;
    on_stats([&](const SocketStats& stats) {
        if (!stats.pool.holders.empty() && !told.is_set()) {
            holders = stats.pool.holders;
            pinned = stats.pool.pinned;
            told.set();
        }
    });
    clients_.start();
    EXPECT_TRUE(told.wait());
    clients_.pipeline.stop();
    EXPECT_EQ(holders, std::vector<std::string>{"keeper"});
    EXPECT_GT(pinned, 0U);
    kept.clear();
}

TEST_F(TcpClientStageCredit, WhoKeepsEverythingStopsTheDeviceAndIsNamedAndNothingIsLost) {
    LoopbackDevice device(send_counting());
    TcpClientStageConfig config = client_config(device.address());
    config.receive_pool_size_b = 262'144;
    config.receive_slab_size_b = 65'536;
    clients_.add_client(config);
    std::mutex mutex;
    bool keeps = true;
    std::vector<MessagePtr<TcpPacketGroup>> kept;
    clients_.add_listener("keeper", {}, [&](const Delivery<TcpPacketGroup>& delivery) {
        const std::lock_guard lock(mutex);
        if (keeps) {
            kept.push_back(delivery.keep());
        }
    });
    StreamCheck check;
    Event done;
    clients_.add_listener("exact", lossless(1'000'000),
                          [&](const Delivery<TcpPacketGroup>& delivery) {
                              check.feed(delivery.message());
                              if (check.bytes == stream_b) {
                                  done.set();
                              }
                          });
    Event named;
    on_stats([&, before = std::uint64_t{0}](const SocketStats& stats) mutable {
        const bool is_still = stats.received.bytes > 0 && stats.received.bytes == before;
        if (is_still && stats.pool.holders == std::vector<std::string>{"keeper"}) {
            EXPECT_GT(stats.pool.used, stats.pool.size / 2)
                << "all that there is, but for the rest";
            EXPECT_LE(stats.pool.used, stats.pool.size);
            named.set();
        }
        before = stats.received.bytes;
    });
    clients_.start();
    EXPECT_TRUE(named.wait());
    EXPECT_FALSE(all_sent_.is_set());
    {
        const std::lock_guard lock(mutex);
        keeps = false;
        kept.clear();
    }
    EXPECT_TRUE(done.wait());
    EXPECT_TRUE(check.is_right);
    clients_.pipeline.stop();
}

}  // namespace
}  // namespace sluice::test
