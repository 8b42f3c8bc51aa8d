#include "sluice/pipeline/executor.hpp"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>

#include "sluice/pipeline/stage.hpp"
#include "support/event.hpp"
#include "support/recording_log.hpp"
#include "unit/pipeline/pipeline_verbs.hpp"

namespace sluice::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// One stage with a timer, by a clock of its own.
class Timer : public ::testing::Test {
  protected:
    void start(const std::function<void()>& arm, std::function<void()> then = {}) {
        add_stage(
            pipeline_, "clock",
            [this, then = std::move(then)](StageInterface& stage) {
                timer_ = stage.timer([this, then] {
                    calls_.push_back(executor_.now().time_since_epoch());
                    if (then) {
                        then();
                    }
                });
            },
            [arm] {
                arm();
                return Result<void>();
            });
        ASSERT_TRUE(pipeline_.start());
    }

    SimulatedExecutor executor_;
    Pipeline pipeline_{executor_};
    StageTimer timer_;
    std::vector<Duration> calls_;
};

TEST_F(Timer, CallsBackOnce) {
    start([&] { timer_.arm(SteadyTime(seconds(3))); });
    executor_.run_until(SteadyTime(seconds(2)));
    EXPECT_TRUE(calls_.empty());
    executor_.run_until(SteadyTime(seconds(3)));
    executor_.run_until(SteadyTime(seconds(9)));
    EXPECT_EQ(calls_, (std::vector<Duration>{seconds(3)}));
}

TEST_F(Timer, IsPeriodicFirstAfterOnePeriod) {
    start([&] { timer_.arm_every(seconds(2)); });
    executor_.run_until(SteadyTime(seconds(7)));
    EXPECT_EQ(calls_, (std::vector<Duration>{seconds(2), seconds(4), seconds(6)}));
}

TEST_F(Timer, LastCallOfDisarmInsideItsCallback) {
    start([&] { timer_.arm_every(seconds(1)); },
          [&] {
              if (calls_.size() == 2) {
                  timer_.disarm();
              }
          });
    executor_.run_to_end();
    EXPECT_EQ(calls_.size(), 2U);
    EXPECT_EQ(executor_.now(), SteadyTime(seconds(2)));
}

TEST_F(Timer, ThatThrowsIsLoggedAndComesAgain) {
    const RecordingLog log;
    start([&] { timer_.arm_every(seconds(1)); },
          [&] {
              if (calls_.size() == 1) {
                  throw std::runtime_error("once");
              }
          });
    executor_.run_until(SteadyTime(seconds(3)));
    EXPECT_EQ(calls_.size(), 3U);
    EXPECT_EQ(log.lines(),
              std::vector<std::string>{"callback_failed stage=clock channel=(timer) thrown=once"});
}

TEST_F(Timer, DisarmedOneDoesNotMoveTheClock) {
    start([&] {
        timer_.arm(SteadyTime(seconds(5)));
        timer_.disarm();
    });
    executor_.run_to_end();
    EXPECT_TRUE(calls_.empty());
    EXPECT_EQ(executor_.now(), SteadyTime{});
}

TEST_F(Timer, ArmedAgainForgetsTheTimeBefore) {
    start([&] {
        timer_.arm(SteadyTime(seconds(5)));
        timer_.arm(SteadyTime(seconds(7)));
    });
    executor_.run_to_end();
    EXPECT_EQ(calls_, (std::vector<Duration>{seconds(7)}));
}

TEST_F(Timer, TwoOfOneStageFireInTheirOrder) {
    std::string order;
    StageTimer early;
    StageTimer late;
    add_stage(
        pipeline_, "clocks",
        [&](StageInterface& stage) {
            late = stage.timer([&] { order += "late "; });
            early = stage.timer([&] { order += "early "; });
        },
        [&] {
            late.arm_every(seconds(3));
            early.arm_every(seconds(2));
            return Result<void>();
        });
    ASSERT_TRUE(pipeline_.start());
    executor_.run_until(SteadyTime(seconds(5)));
    EXPECT_EQ(order, "early late early ");
}

TEST_F(Timer, MillionsOfPeriodsDoNotDrift) {
    std::uint64_t count = 0;
    StageTimer timer;
    add_stage(
        pipeline_, "clock", [&](StageInterface& stage) { timer = stage.timer([&] { ++count; }); },
        [&] {
            timer.arm_every(Duration(333));
            return Result<void>();
        });
    ASSERT_TRUE(pipeline_.start());
    executor_.run_until(SteadyTime(Duration(33'300'000)));
    EXPECT_EQ(count, 100'000U);
}

TEST(TimerOfTheWorld, SkipsWhatItMissed) {
    RealTimeExecutor executor({.threads = 1});
    Pipeline pipeline(executor);
    StageTimer timer;
    SteadyTime begin;
    std::vector<Duration> calls;  // since the begin, in whole periods
    Event done;
    add_stage(
        pipeline, "clock",
        [&](StageInterface& stage) {
            timer = stage.timer([&] {
                calls.push_back(executor.now() - begin);
                if (calls.size() == 3) {
                    timer.disarm();
                    done.set();
                }
                while (calls.size() == 1 && executor.now() < begin + milliseconds(35)) {
                }  // late for at least two
            });
        },
        [&] {
            begin = executor.now();
            timer.arm_every(milliseconds(10));
            return Result<void>();
        });
    ASSERT_TRUE(pipeline.start());
    ASSERT_TRUE(done.wait());
    pipeline.stop();
    EXPECT_GE(calls[1], milliseconds(20));
    // Had nothing been skipped, the third would follow the second at once.
    EXPECT_GE(calls[2], milliseconds(40));
}

TEST(TimerOfTheWorld, ThatIsAlwaysDueStarvesNoMessage) {
    RealTimeExecutor executor({.threads = 1});
    Pipeline pipeline(executor);
    Source source(pipeline);
    StageTimer timer;
    Event delivered;
    add_stage(
        pipeline, "busy",
        [&](StageInterface& stage) {
            timer = stage.timer([&] { timer.arm(executor.now()); });
            stage.subscribe<Number>("/source/numbers", {}, [&](const auto&) { delivered.set(); });
        },
        [&] {
            timer.arm(executor.now());
            return Result<void>();
        });
    ASSERT_TRUE(pipeline.start());
    ASSERT_TRUE(source.publish(1));
    EXPECT_TRUE(delivered.wait());
}

TEST(TimerDeathTest, ArmedOutsideItsStagesTurnAborts) {
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    StageTimer timer;
    add_stage(pipeline, "clock", [&](StageInterface& stage) { timer = stage.timer([] {}); });
    ASSERT_TRUE(pipeline.start());
    EXPECT_DEATH(timer.arm(never), "outside its stage's turn");
    EXPECT_DEATH(StageTimer().arm(never), "before it was registered");
    EXPECT_DEATH(timer.arm_every(Duration::zero()), "positive");
}

TEST(Executors, OptionsAreRefusedOutsideTheirRange) {
    EXPECT_TRUE(validate(RealTimeExecutorOptions{.threads = 0}));
    EXPECT_TRUE(validate(RealTimeExecutorOptions{.threads = 256}));
    EXPECT_FALSE(validate(RealTimeExecutorOptions{.threads = 257}));
    EXPECT_FALSE(validate(RealTimeExecutorOptions{.thread_priority = 100}));
    RealTimeExecutor executor({.threads = 257});
    Pipeline pipeline(executor);
    EXPECT_FALSE(pipeline.start());
}

TEST(Executors, WithoutThreadsRunWhenTheyAreTold) {
    RealTimeExecutor executor({.threads = 0});
    Pipeline pipeline(executor);
    Source source(pipeline);
    const Sink sink(pipeline, {});
    EXPECT_EQ(executor.run_ready(), never);  // before the start
    ASSERT_TRUE(pipeline.start());
    ASSERT_TRUE(source.publish(1));
    EXPECT_TRUE(sink.seen.empty());
    EXPECT_EQ(executor.run_ready(), never);
    EXPECT_EQ(sink.seen, (Numbers{1}));
    ASSERT_TRUE(source.publish(2));
    pipeline.stop();  // drains on this thread
    EXPECT_EQ(sink.seen, (Numbers{1, 2}));
}

TEST(Executors, ServeOnePipelineAfterTheOther) {
    RealTimeExecutor real({.threads = 1});
    SimulatedExecutor simulated;
    for (Executor* const executor :
         {static_cast<Executor*>(&real), static_cast<Executor*>(&simulated)}) {
        for (std::uint64_t i = 0; i < 3; ++i) {
            Pipeline pipeline(*executor);
            Source source(pipeline);
            const Sink sink(pipeline, {});
            ASSERT_TRUE(pipeline.start());
            ASSERT_TRUE(source.publish(i));
            pipeline.stop();
            EXPECT_EQ(sink.seen, (Numbers{i}));
        }
    }
    simulated.run_to_end();  // nothing of the pipelines that are gone
}

TEST(ExecutorsDeathTest, ServeOnlyOneAtATime) {
    SimulatedExecutor executor;
    Pipeline one(executor);
    Pipeline other(executor);
    const Source source(one);
    const Source another(other);
    ASSERT_TRUE(one.start());
    EXPECT_DEATH(static_cast<void>(other.start()), "one pipeline at a time");
}

/// What two sources, a relay and their timers do, as one text.
std::string run_of_a_small_world() {
    SimulatedExecutor executor(SystemTime(seconds(100)));
    Pipeline pipeline(executor);
    std::string story;
    std::array<StageTimer, 3> timers;
    std::array<Publisher<Number>, 3> outputs;
    for (std::size_t i = 0; i < timers.size(); ++i) {
        add_stage(
            pipeline, "s" + std::to_string(i),
            [&, i](StageInterface& stage) {
                outputs[i] = stage.publisher<Number>("/all", {});
                timers[i] = stage.timer([&, i] {
                    EXPECT_TRUE(publish(outputs[i], i));
                    story += std::to_string(i);
                });
                stage.subscribe<Number>("/all", {.queue_depth = 2}, [&, i](const auto& delivery) {
                    story += "s" + std::to_string(i) + "<" +
                             std::to_string(delivery.message().value) + " ";
                });
            },
            [&, i] {
                timers[i].arm_every(milliseconds(10 + static_cast<int>(i)));
                return Result<void>();
            });
    }
    EXPECT_TRUE(pipeline.start());
    executor.run_until(SteadyTime(seconds(1)));
    EXPECT_EQ(executor.system_now(), SystemTime(seconds(101)));
    return story;
}

TEST(Executors, SimulatedClockGivesTheSameOrderEveryTime) {
    const std::string story = run_of_a_small_world();
    EXPECT_GT(story.size(), 1000U);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(run_of_a_small_world(), story);
    }
}

}  // namespace
}  // namespace sluice::test
