// What slow subscribers of frames do to a TcpClientStage, and what it does when memory is used up.
#include "sluice/stages/tcp_client_stage.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "support/client_pipeline.hpp"
#include "support/loopback_device.hpp"

namespace sluice::test {
namespace {

/// Checks that frames are the numbers from 0 on, `x` behind each so that they have some length.
class NumberCheck {
  public:
    explicit NumberCheck(std::size_t count) : count_(count) {}

    void feed(const FrameGroup& group) {
        for (const TcpFrame& frame : group.frames) {
            const std::string text(reinterpret_cast<const char*>(frame.data.data()),
                                   frame.data.size());
            is_right = is_right && text == text_of(seen);
            if (++seen == count_) {
                done.set();
            }
        }
    }
    static std::string text_of(std::size_t number) {
        return std::to_string(number) + std::string(number % 50, 'x');
    }
    [[nodiscard]] std::string stream(char delimiter) const {
        std::string all;
        for (std::size_t i = 0; i < count_; ++i) {
            all += text_of(i) + delimiter;
        }
        return all;
    }

    std::atomic<std::size_t> seen = 0;
    std::atomic<bool> is_right = true;
    Event done;

  private:
    const std::size_t count_;
};

class TcpClientStageFramingCredit : public ::testing::Test {
  protected:
    TcpClientStageConfig config_for(std::string_view framing) {
        TcpClientStageConfig config = client_config(device_.address());
        config.framing = *Framing::parse(framing);
        config.receive_slab_size_b = 16'384;
        return config;
    }
    template <typename Callback>
    void listen(const std::string& name, const SubscriptionOptions& options, Callback callback) {
        clients_.pipeline.add(
            name, std::make_unique<LambdaStage>([options, callback](StageInterface& interface) {
                interface.subscribe<FrameGroup>("/device/frames", options, callback);
            }));
    }
    /// Every published statistic of the framed client; `use` gets it on the reading thread.
    template <typename Use>
    void on_stats(Use use) {
        clients_.pipeline.add(
            "stats", std::make_unique<LambdaStage>([this, use](StageInterface& interface) {
                interface.subscribe<SocketStats>(
                    "/device/socket_stats", {.delivery = DeliveryMode::inline_call},
                    [this, use](const Delivery<SocketStats>& delivery) {
                        const SocketStats& stats = delivery.message();
                        const FramingStats& framing = *stats.framing;
                        EXPECT_EQ(framing.received, framing.payload + framing.overhead +
                                                        framing.skipped + framing.buffered);
                        EXPECT_EQ(framing.received, stats.received.bytes);
                        last_frames_ = framing.frames;
                        use(stats);
                    });
            }));
    }

    /// By the statistics of another client, which come once a second. The pipeline runs.
    void wait_seconds(std::size_t seconds) {
        EXPECT_TRUE(clock_.wait(
            [seconds](const ClientRecord& r) { return r.stats.size() >= seconds; }, 2 * patience));
    }

    std::string stream_;  // what the device sends
    LoopbackDevice device_{[this](DeviceConnection& connection, std::size_t number) {
        if (number == 0) {
            connection.send(stream_);
        }
        connection.drain();
    }};
    LoopbackDevice idle_device_{
        [](DeviceConnection& connection, std::size_t /*number*/) { connection.drain(); }};
    ClientPipeline clients_;
    ClientWatch& clock_ =
        clients_.add_watched_client(client_config(idle_device_.address()), "clock");
    std::atomic<std::uint64_t> last_frames_ = 0;
};

constexpr std::size_t numbers = 400'000;
constexpr SubscriptionOptions narrow{.policy = SubscriptionPolicy::lossless, .queue_depth = 1};

TEST_F(TcpClientStageFramingCredit, CreditThatComesAndGoesLosesNoFrame) {
    NumberCheck check(numbers);
    stream_ = check.stream('\n');
    clients_.add_client(config_for("lines"));
    listen("narrow", narrow,
           [&](const Delivery<FrameGroup>& delivery) { check.feed(delivery.message()); });
    on_stats([](const SocketStats& /*stats*/) {});
    clients_.start();
    EXPECT_TRUE(check.done.wait(2 * patience));
    EXPECT_TRUE(check.is_right);
    clients_.pipeline.stop();
    EXPECT_EQ(last_frames_, numbers);
}

TEST_F(TcpClientStageFramingCredit, AStopWithoutCreditPublishesWhatWasReceivedAndCountsExactly) {
    NumberCheck check(numbers);
    stream_ = check.stream('\n');
    TcpClientStageConfig config = config_for("lines");
    config.receive_slab_size_b = 262'144;  // a receive is several groups
    clients_.add_client(config);
    Event open;
    listen("stuck", narrow, [&](const Delivery<FrameGroup>& delivery) {
        check.feed(delivery.message());
        EXPECT_TRUE(open.wait());
    });
    std::atomic<bool> is_stopped = false;
    on_stats([&](const SocketStats& stats) {
        is_stopped = stats.state == ConnectionStatus::stopped;
        if (is_stopped) {
            open.set();
        }
    });
    clients_.start();
    wait_seconds(1);
    for (const StageStatistics& stage : clients_.pipeline.statistics()) {
        if (stage.name == "stuck") {
            EXPECT_LE(stage.subscriptions.at(0).messages.queued, 2U) << "cutting stops, too";
        }
    }
    clients_.pipeline.stop();
    EXPECT_TRUE(is_stopped);
    EXPECT_TRUE(check.is_right);
    EXPECT_GT(last_frames_, 1024U);
    EXPECT_EQ(check.seen, last_frames_);
}

TEST_F(TcpClientStageFramingCredit, WithoutMemoryForEscapesItWaitsAndLosesNoFrame) {
    NumberCheck check(numbers);
    stream_ = check.stream('\xc0');
    TcpClientStageConfig config = config_for("slip,max:1KiB");
    config.receive_pool_size_b = 262'144;
    clients_.add_client(config);
    std::mutex mutex;
    std::vector<MessagePtr<FrameGroup>> kept;
    bool keeps = true;
    listen("keeper", {.policy = SubscriptionPolicy::lossless},
           [&](const Delivery<FrameGroup>& delivery) {
               check.feed(delivery.message());
               const std::lock_guard lock(mutex);
               if (keeps) {
                   kept.push_back(delivery.keep());
               }
           });
    std::size_t seen = 0;
    Event dry;
    on_stats([&](const SocketStats& stats) {
        // Nothing moved for a second, and the pool is full: it waits.
        if (stats.pool.used + 16'384 > stats.pool.size && seen == check.seen) {
            EXPECT_EQ(stats.pool.holders, std::vector<std::string>{"keeper"});
            dry.set();
        }
        seen = check.seen;
    });
    clients_.start();
    EXPECT_TRUE(dry.wait());
    EXPECT_LT(check.seen, numbers);
    {
        const std::lock_guard lock(mutex);
        keeps = false;
        kept.clear();
    }
    EXPECT_TRUE(check.done.wait(2 * patience));
    EXPECT_TRUE(check.is_right);
    clients_.pipeline.stop();
    EXPECT_EQ(last_frames_, numbers);
}

TEST_F(TcpClientStageFramingCredit, FramesThatMayBeLostAreGivenUpWhenThePoolIsDry) {
    constexpr std::size_t frames = 300;
    stream_ = std::string(frames * 20'000, 'x');
    TcpClientStageConfig config = config_for("fixed:20000");
    config.receive_pool_size_b = 131'072;
    clients_.add_client(config);
    Event open;
    std::atomic<std::uint64_t> told = 0;
    listen("lossy", {.queue_depth = 1000}, [&](const Delivery<FrameGroup>& delivery) {
        told += 1 + delivery.lost_before();
        EXPECT_TRUE(open.wait());
    });
    Event all;
    on_stats([&](const SocketStats& stats) {
        EXPECT_LE(stats.pool.peak, 131'072U);
        if (stats.framing->frames == frames) {
            all.set();
        }
    });
    clients_.start();
    EXPECT_TRUE(all.wait()) << "a slow one that may lose holds nothing up";
    open.set();
    clients_.pipeline.stop();
    EXPECT_GT(told, 10U);
}

TEST_F(TcpClientStageFramingCredit, TimeRestsWhileTheStageDoesNotRead) {
    // The first group is with the callback, two more fill the queue: when the credit goes, a frame
    // has begun.
    Event stuck;
    Event second;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        if (number == 0) {
            connection.send("one\n");
            EXPECT_TRUE(stuck.wait());
            connection.send("two\n");
            EXPECT_TRUE(second.wait());
            connection.send("begun");
        }
        connection.drain();
    });
    TcpClientStageConfig config = config_for("lines");
    config.address = *Address::parse(device.address());
    config.frame_timeout_ms = 50;
    clients_.add_client(config);
    Event open;
    clients_.add_listener("stuck", {.policy = SubscriptionPolicy::lossless, .queue_depth = 2},
                          [&](const Delivery<TcpPacketGroup>& /*delivery*/) {
                              stuck.set();
                              EXPECT_TRUE(open.wait());
                          });
    listen("lines", {.delivery = DeliveryMode::inline_call},
           [&](const Delivery<FrameGroup>& delivery) {
               if (delivery.message().frames.back().stream_offset == 4) {
                   second.set();
               }
           });
    Event ended;
    clients_.pipeline.add("states", std::make_unique<LambdaStage>([&](StageInterface& interface) {
                              interface.subscribe<ConnectionState>(
                                  "/device/connection_state",
                                  {.delivery = DeliveryMode::inline_call},
                                  [&](const Delivery<ConnectionState>& delivery) {
                                      if (delivery.message().reason == "frame_timeout") {
                                          ended.set();
                                      }
                                  });
                          }));
    clients_.start();
    wait_seconds(2);
    EXPECT_FALSE(ended.is_set());
    open.set();
    EXPECT_TRUE(ended.wait());
    clients_.pipeline.stop();
}

}  // namespace
}  // namespace sluice::test
