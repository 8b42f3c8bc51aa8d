// A pipeline in its steady state allocates nothing for a message.

#include "sluice/pipeline/pipeline.hpp"

#include <gtest/gtest.h>

#include "support/count_allocations.hpp"
#include "unit/pipeline/pipeline_verbs.hpp"

namespace sluice::test {
namespace {

TEST(PipelineAllocation, NothingIsAllocatedForAMessageInTheSteadyState) {
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    Source source(pipeline, "source", {.latched = true});
    std::uint64_t seen = 0;
    StageTimer timer;
    MessagePtr<Number> kept;
    add_stage(
        pipeline, "sink",
        [&](StageInterface& stage) {
            timer = stage.timer([&] { ++seen; });
            for (const SubscriptionPolicy policy :
                 {SubscriptionPolicy::drop_oldest, SubscriptionPolicy::drop_newest,
                  SubscriptionPolicy::latest, SubscriptionPolicy::lossless}) {
                stage.subscribe<Number>("/source/numbers", {.policy = policy, .queue_depth = 8},
                                        [&](const auto& delivery) {
                                            kept = delivery.keep();
                                            ++seen;
                                        });
            }
            stage.subscribe<Number>("/source/numbers", {.delivery = DeliveryMode::inline_call},
                                    [&](const auto&) { ++seen; });
        },
        [&] {
            timer.arm_every(Duration(1));
            return Result<void>();
        });
    ASSERT_TRUE(pipeline.start());
    const auto move = [&](std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            if (!source.publish(i)) {
                source.numbers.reclaim_oldest();
                executor.run_until(executor.now() + Duration(1));
            }
        }
    };
    move(1'000);
    const std::uint64_t before = allocations;
    const std::uint64_t seen_before = seen;
    move(100'000);
    EXPECT_EQ(allocations, before);
    EXPECT_GT(seen, seen_before + 100'000);
    pipeline.stop();
    kept.reset();
}

}  // namespace
}  // namespace sluice::test
