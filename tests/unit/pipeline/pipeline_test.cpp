#include "sluice/pipeline/pipeline.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/lambda_stage.hpp"

namespace sluice {
namespace {

using test::LambdaStage;

struct Number {
    std::uint64_t value = 0;
};

SubscriptionOptions lossless(std::size_t depth) {
    return {.policy = SubscriptionPolicy::lossless, .queue_depth = depth};
}

TEST(Pipeline, DeliversInOrder) {
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    Publisher<Number> numbers;
    std::vector<std::uint64_t> seen;
    pipeline.add("source", std::make_unique<LambdaStage>([&](StageInterface& stage) {
                     numbers = stage.publisher<Number>("numbers");
                 }));
    pipeline.add("sink", std::make_unique<LambdaStage>([&](StageInterface& stage) {
                     stage.subscribe<Number>(
                         "/source/numbers", {.queue_depth = 100},
                         [&](const Delivery<Number>& d) { seen.push_back(d.message().value); });
                 }));
    ASSERT_TRUE(pipeline.start());
    for (std::uint64_t i = 0; i < 3; ++i) {
        Draft<Number> draft = numbers.draft();
        draft->value = i;
        ASSERT_TRUE(numbers.publish(std::move(draft)));
    }
    EXPECT_TRUE(seen.empty());
    executor.run_until(executor.now());
    EXPECT_EQ(seen, (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST(Pipeline, LosslessMovesEverythingBetweenThreads) {
    RealTimeExecutor executor;
    Pipeline pipeline(executor);
    Publisher<Number> numbers;
    StageInterface* source = nullptr;
    std::atomic<std::uint64_t> next{0};
    pipeline.add("source", std::make_unique<LambdaStage>([&](StageInterface& stage) {
                     source = &stage;
                     numbers = stage.publisher<Number>("numbers");
                 }));
    pipeline.add("sink", std::make_unique<LambdaStage>([&](StageInterface& stage) {
                     stage.subscribe<Number>("/source/numbers", lossless(8),
                                             [&](const Delivery<Number>& d) {
                                                 EXPECT_EQ(d.message().value, next);
                                                 ++next;
                                             });
                 }));
    ASSERT_TRUE(pipeline.start());
    for (std::uint64_t i = 0; i < 100000;) {
        Draft<Number> draft = numbers.draft();
        draft->value = i;
        if (numbers.publish(std::move(draft))) {
            ++i;
        } else {
            ASSERT_TRUE(source->wait_ready());
        }
    }
    pipeline.stop();
    EXPECT_EQ(next, 100000U);
}

}  // namespace
}  // namespace sluice
