#include "sluice/pipeline/publisher.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "support/event.hpp"
#include "unit/pipeline/pipeline_verbs.hpp"

namespace sluice::test {
namespace {

SubscriptionOptions lossless(std::size_t depth, std::size_t size_b = 1'000'000) {
    return {.policy = SubscriptionPolicy::lossless, .queue_depth = depth, .queue_size_b = size_b};
}

Errc code_of(const Result<void>& result) {
    return result ? Errc::system : result.error().code();
}

/// One source, and a clock that stands still until the test lets the stages run.
class Credit : public ::testing::Test {
  protected:
    void publish_all(std::uint64_t count, std::size_t size_b = 1) {
        for (std::uint64_t i = 0; i < count; ++i) {
            ASSERT_TRUE(source_.publish(i, size_b));
        }
    }

    SimulatedExecutor executor_;
    Pipeline pipeline_{executor_};
    Source source_{pipeline_};
};

TEST_F(Credit, PublisherIsRefusedAtExactlyTheDepth) {
    const Sink sink(pipeline_, lossless(3));
    ASSERT_TRUE(pipeline_.start());
    publish_all(3);
    EXPECT_FALSE(source_.stage->has_credit());
    EXPECT_TRUE(look_at(pipeline_).lacks_credit);
    EXPECT_EQ(code_of(source_.publish(3)), Errc::would_block);
    EXPECT_EQ(pipeline_.channels().at(0).published, 3U);
    EXPECT_EQ(pipeline_.channels().at(0).refused, 1U);
    settle(executor_);
    EXPECT_EQ(sink.seen, (Numbers{0, 1, 2}));
    EXPECT_TRUE(source_.stage->has_credit());
    EXPECT_TRUE(source_.publish(3));
}

TEST_F(Credit, PublisherIsRefusedAtExactlyTheBytes) {
    const Sink sink(pipeline_, lossless(100, 100));
    ASSERT_TRUE(pipeline_.start());
    ASSERT_TRUE(source_.publish(0, 99));
    EXPECT_TRUE(source_.stage->has_credit());
    ASSERT_TRUE(source_.publish(1, 1));
    EXPECT_FALSE(source_.stage->has_credit());
}

TEST_F(Credit, IsMissingOnTheChannelThatIsFullOnly) {
    const StageInterface* stage = nullptr;
    Publisher<Number> full;
    Publisher<Number> empty;
    add_stage(pipeline_, "two", [&](StageInterface& own) {
        stage = &own;
        full = own.publisher<Number>("full");
        empty = own.publisher<Number>("empty");
        EXPECT_TRUE(full.has_credit()) << "nobody is joined yet";
    });
    const Sink sink(pipeline_, lossless(1), {}, "sink", "/two/full");
    ASSERT_TRUE(pipeline_.start());
    ASSERT_TRUE(publish(full, 1));
    EXPECT_FALSE(stage->has_credit());
    EXPECT_FALSE(full.has_credit());
    EXPECT_TRUE(empty.has_credit());
    settle(executor_);
    EXPECT_TRUE(full.has_credit());
}

TEST_F(Credit, MessageLargerThanTheQueuePasses) {
    const Sink sink(pipeline_, lossless(100, 100));
    ASSERT_TRUE(pipeline_.start());
    ASSERT_TRUE(source_.publish(1, 1000));
    EXPECT_EQ(code_of(source_.publish(2)), Errc::would_block);
    settle(executor_);
    EXPECT_EQ(sink.seen, (Numbers{1}));
}

TEST_F(Credit, OverdrawPublishesWithoutCredit) {
    const Sink sink(pipeline_, lossless(1));
    ASSERT_TRUE(pipeline_.start());
    ASSERT_TRUE(source_.publish(1));
    ASSERT_TRUE(source_.publish(2, 1, WithoutCredit::overdraw));
    settle(executor_);
    EXPECT_EQ(sink.seen, (Numbers{1, 2}));
    EXPECT_TRUE(source_.stage->has_credit());
}

TEST_F(Credit, ComesBackWhenHalfIsFree) {
    std::vector<bool> had_credit;
    const Sink sink(pipeline_, lossless(4),
                    [&](const auto&) { had_credit.push_back(source_.stage->has_credit()); });
    ASSERT_TRUE(pipeline_.start());
    publish_all(4);
    settle(executor_);
    // Counted when a callback has ended: 2 of 4 are left after the second.
    EXPECT_EQ(had_credit, (std::vector<bool>{false, false, true, true}));
}

TEST_F(Credit, OnCreditIsCalledOnceItIsBack) {
    int calls = 0;
    add_stage(pipeline_, "other", [&](StageInterface& stage) {
        stage.set_on_credit([&] {
            EXPECT_TRUE(stage.has_credit());
            ++calls;
        });
        source_.numbers = stage.publisher<Number>("numbers");
    });
    const Sink one(pipeline_, lossless(1), {}, "one", "/other/numbers");
    const Sink two(pipeline_, lossless(2), {}, "two", "/other/numbers");
    ASSERT_TRUE(pipeline_.start());
    publish_all(1);
    settle(executor_);
    EXPECT_EQ(calls, 1);
}

TEST_F(Credit, CallbacksBeginOnlyWithItAndMayOverdraw) {
    Publisher<Number> squares;
    int got = 0;
    add_stage(pipeline_, "middle", [&](StageInterface& stage) {
        squares = stage.publisher<Number>("numbers");
        stage.subscribe<Number>("/source/numbers", lossless(8), [&](const auto& delivery) {
            ++got;
            for (int i = 0; i < 3; ++i) {
                EXPECT_TRUE(publish(squares, delivery.message().value));
            }
        });
    });
    std::vector<int> got_before;
    const Sink sink(
        pipeline_, lossless(2), [&](const auto&) { got_before.push_back(got); }, "sink",
        "/middle/numbers");
    ASSERT_TRUE(pipeline_.start());
    publish_all(3);
    settle(executor_);
    EXPECT_EQ(got_before, (std::vector<int>{1, 1, 1, 2, 2, 2, 3, 3, 3}));
    EXPECT_EQ(look_at(pipeline_).queued_b_max, 3U);
}

TEST_F(Credit, TimersWaitForIt) {
    StageTimer timer;
    Publisher<Number> ticks;
    std::uint64_t count = 0;
    add_stage(
        pipeline_, "clock",
        [&](StageInterface& stage) {
            ticks = stage.publisher<Number>("numbers");
            timer = stage.timer([&] {
                EXPECT_TRUE(publish(ticks, count));
                if (++count < 5) {
                    timer.arm(executor_.now());
                }
            });
        },
        [&] {
            timer.arm(executor_.now());
            return Result<void>();
        });
    const Sink sink(pipeline_, lossless(1), {}, "sink", "/clock/numbers");
    ASSERT_TRUE(pipeline_.start());
    settle(executor_);
    EXPECT_EQ(sink.seen, (Numbers{0, 1, 2, 3, 4}));
    EXPECT_EQ(look_at(pipeline_).queued_b_max, 1U);
}

TEST_F(Credit, InlineCallbackHasNoTurnAndCanBeRefused) {
    Publisher<Number> forwarded;
    std::vector<bool> accepted;
    add_stage(pipeline_, "middle", [&](StageInterface& stage) {
        forwarded = stage.publisher<Number>("numbers");
        stage.subscribe<Number>(
            "/source/numbers", {.delivery = DeliveryMode::inline_call}, [&](const auto& delivery) {
                accepted.push_back(static_cast<bool>(publish(forwarded, delivery.message().value)));
            });
    });
    const Sink sink(pipeline_, lossless(2), {}, "sink", "/middle/numbers");
    ASSERT_TRUE(pipeline_.start());
    publish_all(3);
    EXPECT_EQ(accepted, (std::vector<bool>{true, true, false}));
}

TEST_F(Credit, OfALossySubscriptionIsNeverMissing) {
    const Sink sink(pipeline_, {.queue_depth = 1});
    ASSERT_TRUE(pipeline_.start());
    publish_all(10);
    EXPECT_TRUE(source_.stage->has_credit());
}

/// A sink that stays in its first callback until the test lets it go.
class BlockedSink : public ::testing::Test {
  protected:
    void fill() {
        ASSERT_TRUE(pipeline_.start());
        ASSERT_TRUE(source_.publish(0));
        ASSERT_TRUE(entered_.wait());
        ASSERT_EQ(code_of(source_.publish(1)), Errc::would_block);  // until the callback ends
    }

    RealTimeExecutor executor_;
    Pipeline pipeline_{executor_};
    Source source_{pipeline_};
    Event entered_;
    Event release_;
    Sink sink_{pipeline_, lossless(1), [this](const auto&) {
                   entered_.set();
                   EXPECT_TRUE(release_.wait());
               }};
};

TEST_F(BlockedSink, WaitReadyReturnsAtCredit) {
    fill();
    Event returned;
    std::thread waiter([&] {
        EXPECT_TRUE(source_.stage->wait_ready());
        returned.set();
    });
    EXPECT_FALSE(source_.stage->has_credit());
    release_.set();
    EXPECT_TRUE(returned.wait());
    waiter.join();
    EXPECT_TRUE(source_.publish(2));
}

TEST_F(BlockedSink, WaitReadyReturnsAtItsDeadline) {
    fill();
    EXPECT_FALSE(source_.stage->wait_ready(source_.stage->now()));
    release_.set();
}

TEST_F(BlockedSink, WaitReadyReturnsFalseAtAStop) {
    fill();
    Event stopping;
    std::thread waiter([&] {
        stopping.set();
        while (source_.stage->wait_ready()) {
            // Credit that came back before the stop.
            static_cast<void>(source_.publish(3));
        }
    });
    ASSERT_TRUE(stopping.wait());
    std::thread stopper([&] { pipeline_.stop(); });
    waiter.join();  // before the callback has ended
    release_.set();
    stopper.join();
    EXPECT_FALSE(source_.stage->wait_ready());
}

TEST(Publishing, IsRefusedBeforeTheStartAndAfterTheStop) {
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    Source source(pipeline);
    ASSERT_TRUE(pipeline.initialize().empty());
    EXPECT_EQ(code_of(source.publish(1)), Errc::closed);
    ASSERT_TRUE(pipeline.start());
    EXPECT_TRUE(source.publish(1));
    pipeline.stop();
    EXPECT_EQ(code_of(source.publish(1)), Errc::stopped);
}

TEST(PublishingDeathTest, AnotherTypeAgainAborts) {
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    Source source(pipeline, "source", {.latched = true});
    Publisher<int> integers;
    add_stage(pipeline, "other",
              [&](StageInterface& stage) { integers = stage.publisher<int>("integers"); });
    ASSERT_TRUE(pipeline.start());
    ASSERT_TRUE(source.publish(1));
    EXPECT_DEATH(static_cast<void>(integers.publish_any(pipeline.latest("/source/numbers"))),
                 "of its type");
}

}  // namespace
}  // namespace sluice::test
