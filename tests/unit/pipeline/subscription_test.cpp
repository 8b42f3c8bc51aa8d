#include "sluice/pipeline/subscription.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <stdexcept>

#include "support/recording_log.hpp"
#include "unit/pipeline/pipeline_verbs.hpp"

namespace sluice::test {
namespace {

using Policy = SubscriptionPolicy;

/// One source, one sink, and a clock that stands still until the test lets the sink run.
class Subscription : public ::testing::Test {
  protected:
    void start(const SubscriptionOptions& options, Sink::Then then = {}) {
        sink_ = std::make_unique<Sink>(pipeline_, options, std::move(then));
        ASSERT_TRUE(pipeline_.start());
    }
    void publish(const Numbers& values, std::size_t size_b = 1) {
        for (const std::uint64_t value : values) {
            ASSERT_TRUE(source_.publish(value, size_b));
        }
    }
    Numbers seen() {
        settle(executor_);
        return std::exchange(sink_->seen, {});
    }
    Numbers lost() { return std::exchange(sink_->lost, {}); }
    SubscriptionLedger ledger() { return look_at(pipeline_).messages; }

    SimulatedExecutor executor_;
    Pipeline pipeline_{executor_};
    Source source_{pipeline_};
    std::unique_ptr<Sink> sink_;
};

TEST_F(Subscription, DropOldestKeepsExactlyItsDepth) {
    start({.policy = Policy::drop_oldest, .queue_depth = 3});
    publish({1, 2, 3});
    EXPECT_EQ(ledger().dropped, 0U);
    publish({4, 5});
    EXPECT_EQ(ledger().dropped, 2U);
    EXPECT_EQ(seen(), (Numbers{3, 4, 5}));
    EXPECT_EQ(lost(), (Numbers{2, 0, 0}));
}

TEST_F(Subscription, DropNewestKeepsExactlyItsDepth) {
    start({.policy = Policy::drop_newest, .queue_depth = 3});
    publish({1, 2, 3, 4, 5});
    EXPECT_EQ(seen(), (Numbers{1, 2, 3}));
    publish({6});
    EXPECT_EQ(seen(), (Numbers{6}));
    EXPECT_EQ(lost(), (Numbers{0, 0, 0, 2}));
    EXPECT_EQ(ledger().dropped, 2U);
}

TEST_F(Subscription, LatestKeepsOneWhateverItsDepth) {
    start({.policy = Policy::latest, .queue_depth = 64});
    publish({1, 2, 3});
    EXPECT_EQ(ledger().queued, 1U);
    EXPECT_EQ(seen(), (Numbers{3}));
    EXPECT_EQ(lost(), (Numbers{2}));
}

TEST_F(Subscription, BytesAreBoundedToTheByte) {
    start({.policy = Policy::drop_oldest, .queue_depth = 100, .queue_size_b = 100});
    publish({1, 2}, 50);
    EXPECT_EQ(look_at(pipeline_).queued_b, 100U);
    EXPECT_EQ(ledger().dropped, 0U);
    publish({3}, 1);
    EXPECT_EQ(look_at(pipeline_).queued_b, 51U);
    EXPECT_EQ(look_at(pipeline_).queued_b_max, 100U);
    EXPECT_EQ(seen(), (Numbers{2, 3}));
}

TEST_F(Subscription, MessageLargerThanTheQueuePassesAlone) {
    start({.policy = Policy::drop_oldest, .queue_depth = 100, .queue_size_b = 100});
    publish({1, 2}, 10);
    publish({3}, 1000);
    EXPECT_EQ(ledger().queued, 1U);
    EXPECT_EQ(seen(), (Numbers{3}));
    EXPECT_EQ(lost(), (Numbers{2}));
}

TEST_F(Subscription, LargeMessageKeepsOthersOutWithDropNewest) {
    start({.policy = Policy::drop_newest, .queue_depth = 100, .queue_size_b = 100});
    publish({1}, 1000);
    publish({2}, 1);
    EXPECT_EQ(seen(), (Numbers{1}));
}

TEST_F(Subscription, MoreIsDroppedThanOneLockTakes) {
    start({.policy = Policy::drop_oldest, .queue_depth = 100, .queue_size_b = 100});
    Numbers many(100);
    publish(many, 1);
    publish({7}, 100);
    EXPECT_EQ(ledger().dropped, 100U);
    EXPECT_EQ(seen(), (Numbers{7}));
    EXPECT_EQ(lost(), (Numbers{100}));
}

TEST_F(Subscription, FailedCallbackIsCountedAndTheNextMessageDelivered) {
    start({}, [](const Delivery<Number>& delivery) {
        if (delivery.message().value == 1) {
            throw std::runtime_error("one");
        }
        if (delivery.message().value == 2) {
            throw 2;
        }
    });
    publish({1, 2, 3});
    EXPECT_EQ(seen(), (Numbers{1, 2, 3}));
    EXPECT_EQ(ledger().failed, 2U);
    EXPECT_EQ(ledger().delivered, 1U);
}

TEST_F(Subscription, FailedInlineCallbackIsCountedAndItsPublisherGoesOn) {
    const RecordingLog log;
    start({.delivery = DeliveryMode::inline_call}, [](const Delivery<Number>& delivery) {
        if (delivery.message().value == 1) {
            throw std::runtime_error("one");
        }
    });
    EXPECT_TRUE(source_.publish(1));
    EXPECT_TRUE(source_.publish(2));
    EXPECT_EQ(seen(), (Numbers{1, 2}));
    EXPECT_EQ(ledger().failed, 1U);
    EXPECT_EQ(ledger().delivered, 1U);
    EXPECT_EQ(log.lines(), std::vector<std::string>{
                               "callback_failed stage=sink channel=/source/numbers thrown=one"});
}

TEST_F(Subscription, WhatIsReclaimedIsToldInBand) {
    start({.queue_depth = 8});
    publish({1, 2, 3});
    EXPECT_TRUE(source_.numbers.reclaim_oldest());
    EXPECT_TRUE(source_.numbers.reclaim_oldest());
    EXPECT_EQ(ledger().reclaimed, 2U);
    EXPECT_EQ(seen(), (Numbers{3}));
    EXPECT_EQ(lost(), (Numbers{2}));
    EXPECT_FALSE(source_.numbers.reclaim_oldest());
}

TEST_F(Subscription, WhatIsReclaimedLastIsToldWithTheNextPublished) {
    start({});
    publish({1});
    EXPECT_TRUE(source_.numbers.reclaim_oldest());
    publish({2});
    EXPECT_EQ(seen(), (Numbers{2}));
    EXPECT_EQ(lost(), (Numbers{1}));
}

TEST_F(Subscription, KeptMessagesAreCountedUntilTheyAreGone) {
    std::vector<MessagePtr<Number>> kept;
    start({}, [&](const Delivery<Number>& delivery) { kept.push_back(delivery.keep()); });
    publish({1, 2}, 10);
    settle(executor_);
    EXPECT_EQ(look_at(pipeline_).kept_messages, 2U);
    EXPECT_EQ(look_at(pipeline_).kept_b, 20U);
    EXPECT_EQ(source_.numbers.holders(), std::vector<std::string>{"sink"});
    kept.pop_back();
    EXPECT_EQ(source_.numbers.holders(), std::vector<std::string>{});
    kept.clear();
    EXPECT_EQ(look_at(pipeline_).kept_messages, 0U);
}

TEST_F(Subscription, AnyTypeIsReadByItsObject) {
    Numbers seen;
    add_stage(pipeline_, "any", [&](StageInterface& stage) {
        stage.subscribe_any("/source/numbers", {}, [&](const AnyDelivery& delivery) {
            EXPECT_EQ(delivery.get_if<int>(), nullptr);
            EXPECT_EQ(delivery.channel(), "/source/numbers");
            seen.push_back(delivery.get_if<Number>()->value);
        });
    });
    ASSERT_TRUE(pipeline_.start());
    publish({4});
    settle(executor_);
    EXPECT_EQ(seen, (Numbers{4}));
}

TEST(ReclaimOldest, TakesFromTheFullestLossySubscription) {
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    Source source(pipeline);
    const Sink small(pipeline, {.queue_depth = 1}, {}, "small");
    const Sink large(pipeline, {.queue_depth = 3}, {}, "large");
    const Sink lossless(pipeline, {.policy = Policy::lossless, .queue_depth = 9}, {}, "lossless");
    ASSERT_TRUE(pipeline.start());
    EXPECT_EQ(source.numbers.lossy_subscriber_count(), 2U);
    EXPECT_EQ(source.numbers.subscriber_count(), 3U);
    for (std::uint64_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(source.publish(i));
    }
    ASSERT_TRUE(source.numbers.reclaim_oldest());
    ASSERT_TRUE(source.numbers.reclaim_oldest());
    EXPECT_EQ(look_at(pipeline, "large").messages.reclaimed, 2U);
    EXPECT_EQ(look_at(pipeline, "small").messages.reclaimed, 0U);
    ASSERT_TRUE(source.numbers.reclaim_oldest());
    ASSERT_TRUE(source.numbers.reclaim_oldest());
    EXPECT_FALSE(source.numbers.reclaim_oldest());
    EXPECT_EQ(look_at(pipeline, "lossless").messages.queued, 3U);
}

TEST(SubscriptionOptions, AreRefusedOutsideTheirRange) {
    EXPECT_TRUE(validate(SubscriptionOptions{.queue_depth = 1, .queue_size_b = 1}));
    EXPECT_TRUE(validate(SubscriptionOptions{.queue_depth = 1'048'576}));
    EXPECT_TRUE(validate(SubscriptionOptions{.queue_size_b = std::size_t{1} << 40}));
    EXPECT_FALSE(validate(SubscriptionOptions{.queue_depth = 0}));
    EXPECT_FALSE(validate(SubscriptionOptions{.queue_depth = 1'048'577}));
    EXPECT_FALSE(validate(SubscriptionOptions{.queue_size_b = 0}));
    EXPECT_FALSE(validate(SubscriptionOptions{.queue_size_b = (std::size_t{1} << 40) + 1}));
}

/// A queue with a policy, told in the plainest way: the numbers that are in it.
struct Model {
    void publish(std::uint64_t value, std::size_t size_b) {
        const bool evicts = options.policy != Policy::drop_newest;
        while (evicts && !has_room(size_b)) {
            queued.pop_front();
        }
        if (has_room(size_b)) {
            queued.push_back({value, size_b});
        }
    }
    [[nodiscard]] bool has_room(std::size_t size_b) const {
        std::size_t total = size_b;
        for (const Number& number : queued) {
            total += number.size_b;
        }
        const std::size_t depth = options.policy == Policy::latest ? 1 : options.queue_depth;
        return queued.empty() || (queued.size() < depth && total <= options.queue_size_b);
    }

    SubscriptionOptions options;
    std::deque<Number> queued;
};

RC_GTEST_PROP(SubscriptionProperty, DeliversAndTellsLossesAsItsModel, ()) {
    const auto policy = *rc::gen::element(Policy::drop_oldest, Policy::drop_newest, Policy::latest);
    const SubscriptionOptions options{.policy = policy,
                                      .queue_depth = *rc::gen::inRange<std::size_t>(1, 6),
                                      .queue_size_b = *rc::gen::inRange<std::size_t>(1, 40)};
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    Source source(pipeline);
    Sink sink(pipeline, options);
    RC_ASSERT(static_cast<bool>(pipeline.start()));
    Model model{options, {}};
    Numbers expected;
    std::uint64_t published = 0;
    // Sizes to publish; 0 lets the sink run, 1 reclaims.
    for (const std::size_t step :
         *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 30))) {
        if (step == 0) {
            settle(executor);
            for (const Number& number : std::exchange(model.queued, {})) {
                expected.push_back(number.value);
            }
        } else if (step == 1) {
            RC_ASSERT(source.numbers.reclaim_oldest() == !model.queued.empty());
            if (!model.queued.empty()) {
                model.queued.pop_front();
            }
        } else {
            RC_ASSERT(static_cast<bool>(source.publish(published, step)));
            model.publish(published++, step);
        }
        const SubscriptionLedger ledger = look_at(pipeline).messages;
        RC_ASSERT(ledger.queued == model.queued.size());
        RC_ASSERT(ledger.offered == published);
        RC_ASSERT(is_balanced(ledger));
    }
    RC_ASSERT(sink.seen == expected);
    // A loss is exactly the gap between the numbers around it.
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < sink.seen.size(); ++i) {
        RC_ASSERT(sink.lost[i] == sink.seen[i] - next);
        next = sink.seen[i] + 1;
    }
}

}  // namespace
}  // namespace sluice::test
