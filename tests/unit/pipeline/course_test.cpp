#include "sluice/pipeline/pipeline.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support/event.hpp"
#include "unit/pipeline/pipeline_verbs.hpp"

namespace sluice::test {
namespace {

using std::chrono::seconds;

/// Stages a -> b -> c that write down their course.
class Course : public ::testing::Test {
  protected:
    void add(const std::string& name, const std::string& from,
             const SubscriptionOptions& options = {}, Result<void> outcome = {}) {
        add_stage(
            pipeline_, name,
            [from, options](StageInterface& stage) {
                static_cast<void>(stage.publisher<Number>("numbers"));
                if (!from.empty()) {
                    stage.subscribe<Number>(from, options, [](const auto&) {});
                }
            },
            [this, name, outcome] {
                story_ += "+" + name;
                return outcome;
            },
            [this, name] { story_ += "-" + name; }, [this, name] { story_ += "!" + name; });
    }

    std::string story_;
    SimulatedExecutor executor_;
    Pipeline pipeline_{executor_};
};

TEST_F(Course, ConsumersStartFirstAllBeginAfterThatAndProducersStopFirst) {
    add("c", "/b/numbers");
    add("a", "");
    add("b", "/a/numbers");
    ASSERT_TRUE(pipeline_.start());
    pipeline_.stop();
    EXPECT_EQ(story_, "+c+b+a!c!b!a-a-b-c");
    pipeline_.stop();
    EXPECT_EQ(story_, "+c+b+a!c!b!a-a-b-c");
}

TEST_F(Course, InlineConsumersStartFirstToo) {
    add("device", "/poll/numbers", {.delivery = DeliveryMode::inline_call});
    add("poll", "");
    ASSERT_TRUE(pipeline_.start());
    EXPECT_EQ(story_, "+device+poll!device!poll");
}

TEST_F(Course, RingIsOpenedAtItsInlineSubscription) {
    add("responder", "/device/numbers");
    add("device", "/responder/numbers", {.delivery = DeliveryMode::inline_call});
    ASSERT_TRUE(pipeline_.start());
    EXPECT_EQ(story_, "+responder+device!responder!device");
}

TEST_F(Course, StageThatCannotStartStopsAll) {
    add("a", "");
    add("b", "/a/numbers", {}, Error(Errc::address_in_use, "taken"));
    add("c", "/b/numbers");
    const Result<void> started = pipeline_.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code(), Errc::address_in_use);
    EXPECT_NE(started.error().detail().find("b: "), std::string::npos);
    EXPECT_EQ(story_, "+c+b-a-b-c");
}

TEST_F(Course, WhatStartThrowsIsItsError) {
    add_stage(
        pipeline_, "thrower", [](StageInterface&) {},
        []() -> Result<void> { throw std::runtime_error("no luck"); },
        [] { throw std::runtime_error("again"); });
    const Result<void> started = pipeline_.start();
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().detail().find("no luck"), std::string::npos);
}

TEST_F(Course, EndOfThePipelineStopsIt) {
    {
        SimulatedExecutor executor;
        Pipeline pipeline(executor);
        add_stage(
            pipeline, "stage", [](StageInterface&) {}, {}, [&] { story_ += "stopped"; });
        ASSERT_TRUE(pipeline.start());
    }
    EXPECT_EQ(story_, "stopped");
}

TEST(Stop, DeliversWhatIsQueuedSourceToSink) {
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    Source source(pipeline);
    Publisher<Number> relayed;
    add_stage(
        pipeline, "relay",
        [&](StageInterface& stage) {
            relayed = stage.publisher<Number>("numbers");
            stage.subscribe<Number>("/source/numbers", {}, [&](const auto& delivery) {
                EXPECT_TRUE(publish(relayed, delivery.message().value));
            });
        },
        {}, [&] { EXPECT_TRUE(publish(relayed, 99, 1, WithoutCredit::overdraw)); });
    const Sink sink(pipeline, {}, {}, "sink", "/relay/numbers");
    ASSERT_TRUE(pipeline.start());
    ASSERT_TRUE(source.publish(1));
    ASSERT_TRUE(source.publish(2));
    pipeline.stop();
    EXPECT_EQ(sink.seen, (Numbers{1, 2, 99}));
}

TEST(Stop, CountsTheRestStoppedWhenItsTimeIsOver) {
    RealTimeExecutor executor;
    Pipeline pipeline(executor, {.stop_timeout = Duration::zero()});
    Source source(pipeline);
    Event entered;
    Event release;
    const Sink sink(pipeline, {}, [&](const auto&) {
        entered.set();
        EXPECT_TRUE(release.wait());
    });
    ASSERT_TRUE(pipeline.start());
    for (std::uint64_t i = 0; i < 5; ++i) {
        ASSERT_TRUE(source.publish(i));
    }
    ASSERT_TRUE(entered.wait());
    std::thread stopper([&] { pipeline.stop(); });
    while (look_at(pipeline).messages.stopped == 0) {
        std::this_thread::yield();
    }
    release.set();
    stopper.join();
    const SubscriptionLedger ledger = look_at(pipeline).messages;
    EXPECT_EQ(ledger.delivered, 1U);
    EXPECT_EQ(ledger.stopped, 4U);
    EXPECT_TRUE(is_balanced(ledger));
    EXPECT_EQ(sink.seen, (Numbers{0}));
}

TEST(Stop, WaitsForAnInlineCallbackAndNoneFollows) {
    RealTimeExecutor executor;
    Pipeline pipeline(executor);
    Source source(pipeline);
    Event entered;
    Event release;
    std::atomic<bool> is_stopped{false};
    add_stage(pipeline, "sink", [&](StageInterface& stage) {
        stage.subscribe<Number>("/source/numbers", {.delivery = DeliveryMode::inline_concurrent},
                                [&](const auto& delivery) {
                                    EXPECT_FALSE(is_stopped);
                                    if (delivery.message().value == 1) {
                                        entered.set();
                                        EXPECT_TRUE(release.wait());
                                    }
                                });
    });
    ASSERT_TRUE(pipeline.start());
    std::thread publisher([&] { EXPECT_TRUE(source.publish(1)); });
    ASSERT_TRUE(entered.wait());
    std::thread stopper([&] {
        pipeline.stop();
        is_stopped = true;
    });
    while (look_at(pipeline).messages.stopped == 0) {
        EXPECT_TRUE(source.publish(2));
        EXPECT_FALSE(is_stopped);
    }
    release.set();
    stopper.join();
    publisher.join();
    EXPECT_TRUE(is_balanced(look_at(pipeline).messages));
}

TEST(Stop, WaitsForInlineCallbacksOfAnExecutorWithoutThreads) {
    RealTimeExecutor executor({.threads = 0});
    Pipeline pipeline(executor);
    Source source(pipeline);
    Event entered;
    Event release;
    bool ended = false;
    const Sink sink(pipeline, {.delivery = DeliveryMode::inline_call}, [&](const auto&) {
        entered.set();
        EXPECT_TRUE(release.wait());
        ended = true;
    });
    ASSERT_TRUE(pipeline.start());
    std::thread publisher([&] { EXPECT_TRUE(source.publish(1)); });
    ASSERT_TRUE(entered.wait());
    std::thread releaser([&] { release.set(); });
    pipeline.stop();
    EXPECT_TRUE(ended);
    releaser.join();
    publisher.join();
}

TEST(Stop, RequestedInsideACallbackEndsTheWait) {
    RealTimeExecutor executor;
    Pipeline pipeline(executor);
    Source source(pipeline);
    Sink sink(pipeline, {}, [&](const auto&) { sink.stage->request_stop(); });
    ASSERT_TRUE(pipeline.start());
    EXPECT_FALSE(pipeline.wait(executor.now()));
    ASSERT_TRUE(source.publish(1));
    EXPECT_TRUE(pipeline.wait());
    EXPECT_TRUE(pipeline.wait());
    pipeline.stop();
}

TEST(Start, InlineMessagesBeforeItAreCountedAndTold) {
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    Publisher<Number> numbers;
    add_stage(
        pipeline, "a",
        [&](StageInterface& stage) {
            numbers = stage.publisher<Number>("numbers");
            stage.subscribe<Number>("/b/answers", {}, [](const auto&) {});
        },
        [&] { return publish(numbers, 1); });
    Numbers lost;
    add_stage(pipeline, "b", [&](StageInterface& stage) {  // whose queue is a's: started later
        static_cast<void>(stage.publisher<Number>("answers"));
        stage.subscribe<Number>(
            "/a/numbers", {.delivery = DeliveryMode::inline_call},
            [&](const auto& delivery) { lost.push_back(delivery.lost_before()); });
    });
    ASSERT_TRUE(pipeline.start());
    ASSERT_TRUE(publish(numbers, 2));
    ASSERT_TRUE(publish(numbers, 3));
    EXPECT_EQ(lost, (Numbers{1, 0}));
    EXPECT_EQ(look_at(pipeline, "b").messages.stopped, 1U);
}

TEST(StopDeathTest, InsideACallbackAborts) {
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    Source source(pipeline);
    const Sink sink(pipeline, {}, [&](const auto&) { pipeline.stop(); });
    ASSERT_TRUE(pipeline.start());
    EXPECT_DEATH(
        {
            static_cast<void>(source.publish(1));
            settle(executor);
        },
        "request_stop");
}

TEST(StopDeathTest, MessageThatOutlivesThePipelineAborts) {
    EXPECT_DEATH(
        {
            AnyMessage kept;
            SimulatedExecutor executor;
            Pipeline pipeline(executor);
            Source source(pipeline, "source", {.latched = true});
            static_cast<void>(pipeline.start());
            static_cast<void>(source.publish(1));
            kept = pipeline.latest("/source/numbers");
        },
        "outlives its pipeline");
}

TEST(End, OfThePipelineFreesWhatCallbacksKeep) {
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    Source source(pipeline);
    add_stage(pipeline, "keeper", [](StageInterface& stage) {
        stage.subscribe<Number>("/source/numbers", {},
                                [kept = std::make_shared<std::vector<MessagePtr<Number>>>()](
                                    const auto& delivery) { kept->push_back(delivery.keep()); });
    });
    ASSERT_TRUE(pipeline.start());
    ASSERT_TRUE(source.publish(1));
    settle(executor);
    EXPECT_EQ(look_at(pipeline, "keeper").kept_messages, 1U);
}

}  // namespace
}  // namespace sluice::test
