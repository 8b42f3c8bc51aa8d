// What holds between threads: order, ledgers and credit, under executors of every size.

#include "sluice/pipeline/pipeline.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "unit/pipeline/pipeline_verbs.hpp"

namespace sluice::test {
namespace {

using Policy = SubscriptionPolicy;

constexpr std::uint64_t many = 20'000;

/// Looks at the ledgers again and again, on a thread of its own, while it lives.
class Auditor {
  public:
    explicit Auditor(const Pipeline& pipeline)
        : thread_([this, &pipeline] {
              do {
                  for (const StageStatistics& stage : pipeline.statistics()) {
                      for (const SubscriptionStatistics& look : stage.subscriptions) {
                          EXPECT_TRUE(is_balanced(look.messages)) << stage.name;
                      }
                  }
                  std::this_thread::yield();
              } while (!is_done_);
          }) {}
    ~Auditor() {
        is_done_ = true;
        thread_.join();
    }
    Auditor(const Auditor&) = delete;
    Auditor& operator=(const Auditor&) = delete;

  private:
    std::atomic<bool> is_done_{false};
    std::thread thread_;
};

class Threads : public ::testing::TestWithParam<std::size_t> {
  protected:
    RealTimeExecutor executor_{{.threads = GetParam()}};
    Pipeline pipeline_{executor_};
};

INSTANTIATE_TEST_SUITE_P(Executor, Threads, ::testing::Values(1, 2, 8),
                         ::testing::PrintToStringParamName());

TEST_P(Threads, LosslessChainMovesEverythingInOrder) {
    Source source(pipeline_);
    std::array<Publisher<Number>, 2> relays;
    std::string from = "/source/numbers";
    for (std::size_t i = 0; i < relays.size(); ++i) {
        const std::string name = "relay" + std::to_string(i);
        add_stage(pipeline_, name, [&, i, from](StageInterface& stage) {
            relays[i] = stage.publisher<Number>("numbers");
            stage.subscribe<Number>(from, {.policy = Policy::lossless, .queue_depth = 7},
                                    [&, i](const auto& delivery) {
                                        EXPECT_TRUE(publish(relays[i], delivery.message().value));
                                    });
        });
        from = "/" + name + "/numbers";
    }
    const Sink sink(pipeline_, {.policy = Policy::lossless, .queue_depth = 3}, {}, "sink", from);
    ASSERT_TRUE(pipeline_.start());
    {
        const Auditor auditor(pipeline_);
        for (std::uint64_t i = 0; i < many; ++i) {
            ASSERT_TRUE(source.publish_patiently(i));
        }
        pipeline_.stop();
    }
    ASSERT_EQ(sink.seen.size(), many);
    for (std::uint64_t i = 0; i < many; ++i) {
        ASSERT_EQ(sink.seen[i], i);
    }
}

TEST_P(Threads, SubscriberSeesItsChannelsInTheOrderOfPublication) {
    // Each publishes data and a state in turns; the state must never overtake.
    struct Device {
        Publisher<Number> data;
        Publisher<Number> state;
        StageInterface* stage = nullptr;
        std::uint64_t next = 0;  // of the sink
    };
    std::array<Device, 3> devices;
    const SubscriptionOptions options{.policy = Policy::lossless, .queue_depth = 16};
    for (std::size_t i = 0; i < devices.size(); ++i) {
        add_stage(pipeline_, "device" + std::to_string(i), [&, i](StageInterface& stage) {
            devices[i].data = stage.publisher<Number>("data");
            devices[i].state = stage.publisher<Number>("state");
            devices[i].stage = &stage;
        });
    }
    add_stage(pipeline_, "sink", [&](StageInterface& stage) {
        for (std::size_t i = 0; i < devices.size(); ++i) {
            for (const char* const channel : {"/data", "/state"}) {
                stage.subscribe<Number>("/device" + std::to_string(i) + channel, options,
                                        [&, i](const auto& delivery) {
                                            EXPECT_EQ(delivery.message().value, devices[i].next);
                                            ++devices[i].next;
                                        });
            }
        }
    });
    ASSERT_TRUE(pipeline_.start());
    std::vector<std::thread> threads;
    for (Device& device : devices) {
        threads.emplace_back([&device] {
            for (std::uint64_t i = 0; i < many;) {
                Publisher<Number>& output = i % 2 == 0 ? device.data : device.state;
                if (publish(output, i)) {
                    ++i;
                } else if (!device.stage->wait_ready()) {
                    return;
                }
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    pipeline_.stop();
    for (const Device& device : devices) {
        EXPECT_EQ(device.next, many);
    }
}

TEST_P(Threads, LossyLedgersAreExactWhileEverythingMoves) {
    Source source(pipeline_);
    Sink oldest(pipeline_, {.policy = Policy::drop_oldest, .queue_depth = 4}, {}, "oldest");
    Sink newest(pipeline_, {.policy = Policy::drop_newest, .queue_depth = 4}, {}, "newest");
    Sink latest(pipeline_, {.policy = Policy::latest}, {}, "latest");
    add_stage(pipeline_, "inline", [](StageInterface& stage) {
        stage.subscribe<Number>("/source/numbers", {.delivery = DeliveryMode::inline_concurrent},
                                [](const auto& delivery) {
                                    if (delivery.message().value % 1000 == 0) {
                                        throw std::runtime_error("thousand");
                                    }
                                });
    });
    ASSERT_TRUE(pipeline_.start());
    {
        const Auditor auditor(pipeline_);
        std::thread reclaimer([&] {
            for (std::uint64_t i = 0; i < many / 10; ++i) {
                source.numbers.reclaim_oldest();
            }
        });
        for (std::uint64_t i = 0; i < many; ++i) {
            ASSERT_TRUE(source.publish(i));
        }
        reclaimer.join();
        pipeline_.stop();
    }
    for (const Sink* const sink : {&oldest, &newest, &latest}) {
        std::uint64_t next = 0;
        for (std::size_t i = 0; i < sink->seen.size(); ++i) {
            ASSERT_EQ(sink->lost[i], sink->seen[i] - next);
            next = sink->seen[i] + 1;
        }
    }
    EXPECT_EQ(look_at(pipeline_, "inline").messages.failed, many / 1000);
    EXPECT_EQ(look_at(pipeline_, "inline").messages.delivered, many - many / 1000);
}

TEST_P(Threads, CallbacksAndTimersOfAStageNeverRunAtOnce) {
    Source source(pipeline_);
    std::atomic<int> inside{0};
    std::uint64_t calls = 0;  // not atomic: that is the test
    const auto enter = [&] {
        EXPECT_EQ(++inside, 1);
        ++calls;
        --inside;
    };
    StageTimer timer;
    add_stage(
        pipeline_, "actor",
        [&](StageInterface& stage) {
            timer = stage.timer([&] {
                enter();
                timer.arm(executor_.now());
            });
            for (int i = 0; i < 2; ++i) {
                stage.subscribe<Number>("/source/numbers",
                                        {.policy = Policy::lossless, .queue_depth = 8},
                                        [&](const auto&) { enter(); });
            }
        },
        [&] {
            timer.arm(executor_.now());
            return Result<void>();
        });
    ASSERT_TRUE(pipeline_.start());
    for (std::uint64_t i = 0; i < many; ++i) {
        ASSERT_TRUE(source.publish_patiently(i));
    }
    pipeline_.stop();
    EXPECT_GE(calls, 2 * many);
}

TEST_P(Threads, OnCreditIsNeverCalledAfterTheStop) {
    for (int round = 0; round < 20; ++round) {
        RealTimeExecutor executor({.threads = GetParam()});
        Pipeline pipeline(executor);
        Publisher<Number> numbers;
        StageInterface* source = nullptr;
        std::thread thread;
        auto loop = std::make_unique<std::atomic<int>>(0);  // what on_credit wakes
        add_stage(
            pipeline, "source",
            [&](StageInterface& stage) {
                source = &stage;
                numbers = stage.publisher<Number>("numbers");
                stage.set_on_credit([&] { loop->fetch_add(1); });
            },
            [&] {
                thread = std::thread([&] {
                    for (std::uint64_t i = 0; publish(numbers, i) || source->wait_ready(); ++i) {
                    }
                });
                return Result<void>();
            },
            [&] {
                thread.join();
                loop.reset();
            });
        const Sink sink(pipeline, {.policy = Policy::lossless, .queue_depth = 2}, {}, "sink",
                        "/source/numbers");
        ASSERT_TRUE(pipeline.start());
        while (pipeline.channels().at(0).published < 50) {
            std::this_thread::yield();
        }
        pipeline.stop();
    }
}

}  // namespace
}  // namespace sluice::test
