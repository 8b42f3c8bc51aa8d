#include "sluice/sync/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/sync/queue_verbs.hpp"

namespace sluice::sync {
namespace {

using Texts = BoundedQueue<std::string, WaitForRoom, ByLength>;

template <typename Outcome>
Errc code_of(const Outcome& outcome) {
    return outcome.error().code();
}

// Pushing.

TEST(BoundedQueue, PopsInTheOrderOfPushes) {
    Texts queue({.items = 3});
    push_letters(queue, "abc");
    EXPECT_EQ(drain(queue), "a b c ");
}

TEST(BoundedQueue, FullQueueRefusesTryPushAndLeavesTheItemAlone) {
    Texts queue({.items = 1});
    push_letters(queue, "a");
    std::string second = "b";
    EXPECT_EQ(code_of(queue.try_push(std::move(second))), Errc::would_block);
    EXPECT_EQ(second, "b");
    expect_ledger(queue, 1, 0, 0);
}

TEST(BoundedQueue, PushTimesOutAndLeavesTheItemAlone) {
    Texts queue({.items = 1});
    push_letters(queue, "a");
    std::string second = "b";
    EXPECT_EQ(code_of(queue.push(std::move(second), SteadyTime())), Errc::timed_out);
    EXPECT_EQ(code_of(queue.push_for(std::move(second), std::chrono::milliseconds(1))),
              Errc::timed_out);
    EXPECT_EQ(second, "b");
}

TEST(BoundedQueue, WeightBoundsBesideTheNumber) {
    Texts queue({.items = 10, .weight = 5});
    EXPECT_TRUE(queue.try_push("abc"));
    EXPECT_EQ(code_of(queue.try_push("def")), Errc::would_block);
    EXPECT_TRUE(queue.try_push("gh"));
    EXPECT_EQ(queue.statistics().weight, 5u);
    EXPECT_EQ(code_of(queue.try_push("i")), Errc::would_block);
    EXPECT_EQ(drain(queue), "abc gh ");
    EXPECT_EQ(queue.statistics().weight, 0u);
}

TEST(BoundedQueue, ItemOfExactlyTheWholeWeightFits) {
    Texts queue({.items = 10, .weight = 5});
    EXPECT_TRUE(queue.try_push("abcde"));
}

TEST(BoundedQueue, ItemHeavierThanTheBoundIsTooLarge) {
    Texts queue({.items = 10, .weight = 5});
    std::string heavy = "abcdef";
    EXPECT_EQ(code_of(queue.push(std::move(heavy))), Errc::too_large);
    EXPECT_EQ(heavy, "abcdef");
    expect_ledger(queue, 0, 0, 0);
}

struct LargestWeight {
    std::size_t operator()(int) const { return std::numeric_limits<std::size_t>::max(); }
};

TEST(BoundedQueue, LargestWeightDoesNotOverflowTheSum) {
    BoundedQueue<int, WaitForRoom, LargestWeight> queue({.items = 2});
    EXPECT_TRUE(queue.try_push(1));
    EXPECT_EQ(code_of(queue.try_push(2)), Errc::would_block);
}

TEST(BoundedQueue, TryPushBatchSaysHowManyFitted) {
    Texts queue({.items = 2});
    std::array<std::string, 3> items{"a", "b", "c"};
    EXPECT_EQ(queue.try_push_batch(items).value(), 2u);
    EXPECT_EQ(items[2], "c");
    EXPECT_EQ(code_of(queue.try_push_batch(std::span(items).subspan(2))), Errc::would_block);
    EXPECT_EQ(drain(queue), "a b ");
}

TEST(BoundedQueue, PushBatchStopsBeforeAnItemThatIsTooLarge) {
    Texts queue({.items = 10, .weight = 5});
    std::array<std::string, 3> items{"a", "bbbbbb", "c"};
    EXPECT_EQ(queue.push_batch(items).value(), 1u);
    EXPECT_EQ(code_of(queue.push_batch(std::span(items).subspan(1))), Errc::too_large);
}

TEST(BoundedQueue, PushBatchReturnsWhatItPushedByTheDeadline) {
    Texts queue({.items = 2});
    std::array<std::string, 3> items{"a", "b", "c"};
    EXPECT_EQ(queue.push_batch(items, SteadyTime()).value(), 2u);
    EXPECT_EQ(code_of(queue.push_batch(std::span(items).subspan(2), SteadyTime())),
              Errc::timed_out);
}

TEST(BoundedQueue, EmptyBatchIsPushedAtOnce) {
    Texts queue({.items = 1});
    EXPECT_EQ(queue.push_batch({}).value(), 0u);
}

// Popping.

TEST(BoundedQueue, EmptyQueueRefusesPops) {
    Texts queue({.items = 1});
    PoppedBatch<std::string> batch(4);
    EXPECT_EQ(code_of(queue.try_pop()), Errc::would_block);
    EXPECT_EQ(code_of(queue.pop(SteadyTime())), Errc::timed_out);
    EXPECT_EQ(code_of(queue.pop_for(std::chrono::milliseconds(1))), Errc::timed_out);
    EXPECT_EQ(code_of(queue.try_pop_batch(batch)), Errc::would_block);
    EXPECT_EQ(code_of(queue.pop_batch(batch, SteadyTime())), Errc::timed_out);
    EXPECT_EQ(code_of(queue.pop_batch_for(batch, std::chrono::milliseconds(1))), Errc::timed_out);
}

TEST(BoundedQueue, PopBatchTakesUpToItsRoomAndReplacesWhatItHeld) {
    Texts queue({.items = 3});
    PoppedBatch<std::string> batch(2);
    push_letters(queue, "abc");
    ASSERT_TRUE(queue.pop_batch(batch));
    EXPECT_EQ(std::vector(batch.begin(), batch.end()), (std::vector<std::string>{"a", "b"}));
    ASSERT_TRUE(queue.pop_batch(batch));
    EXPECT_EQ(std::vector(batch.begin(), batch.end()), (std::vector<std::string>{"c"}));
    EXPECT_FALSE(queue.try_pop_batch(batch));
    EXPECT_EQ(batch.size(), 0u);
}

TEST(BoundedQueue, PoppedItemsLeaveNothingInTheQueue) {
    const auto shared = std::make_shared<int>(1);
    BoundedQueue<std::shared_ptr<int>> queue({.items = 4});
    ASSERT_TRUE(queue.push(std::shared_ptr<int>(shared)));
    (void)queue.pop();
    EXPECT_EQ(shared.use_count(), 1);
}

// Waiting.

TEST(BoundedQueue, PopWaitsForAPush) {
    Texts queue({.items = 1});
    std::thread popper([&] { EXPECT_EQ(queue.pop()->item, "a"); });
    push_letters(queue, "a");
    popper.join();
}

TEST(BoundedQueue, PushWaitsForAPop) {
    Texts queue({.items = 1});
    push_letters(queue, "a");
    std::thread pusher([&] { push_letters(queue, "b"); });
    EXPECT_EQ(queue.pop()->item, "a");
    EXPECT_EQ(queue.pop()->item, "b");
    pusher.join();
}

TEST(BoundedQueue, PushBatchLargerThanTheQueueGoesInByParts) {
    Texts queue({.items = 2});
    std::thread pusher([&] {
        std::array<std::string, 5> items{"a", "b", "c", "d", "e"};
        EXPECT_EQ(queue.push_batch(items).value(), 5u);
        queue.close();
    });
    std::string all;
    for (auto next = queue.pop(); next; next = queue.pop()) {
        all += next->item;
    }
    pusher.join();
    EXPECT_EQ(all, "abcde");
    EXPECT_EQ(queue.statistics().depth_max, 2u);
}

// Closing.

TEST(BoundedQueue, ClosedQueueRefusesPushes) {
    Texts queue({.items = 1});
    queue.close();
    std::string item = "a";
    EXPECT_EQ(code_of(queue.try_push(std::move(item))), Errc::closed);
    EXPECT_EQ(code_of(queue.push(std::move(item))), Errc::closed);
    EXPECT_EQ(item, "a");
    expect_ledger(queue, 0, 0, 0);
}

TEST(BoundedQueue, ClosedQueueIsDrainedBeforePopsFail) {
    Texts queue({.items = 2});
    push_letters(queue, "ab");
    queue.close();
    EXPECT_EQ(drain(queue), "a b ");
    PoppedBatch<std::string> batch(1);
    EXPECT_EQ(code_of(queue.try_pop()), Errc::closed);
    EXPECT_EQ(code_of(queue.pop()), Errc::closed);
    EXPECT_EQ(code_of(queue.pop_batch(batch)), Errc::closed);
}

TEST(BoundedQueue, CloseEndsEveryWait) {
    Texts full({.items = 1});
    Texts empty({.items = 1});
    push_letters(full, "a");
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] { EXPECT_EQ(code_of(full.push("b")), Errc::closed); });
        threads.emplace_back([&] { EXPECT_EQ(code_of(empty.pop()), Errc::closed); });
    }
    full.close();
    empty.close();
    for (std::thread& thread : threads) {
        thread.join();
    }
}

// The hook.

TEST(BoundedQueue, OnReadyIsCalledWhenTheQueueStopsBeingEmptyAndByClose) {
    int calls = 0;
    Texts queue({.items = 3}, [&] { ++calls; });
    push_letters(queue, "abc");
    EXPECT_EQ(calls, 1);
    (void)queue.pop();
    push_letters(queue, "d");
    EXPECT_EQ(calls, 1);
    drain(queue);
    push_letters(queue, "e");
    EXPECT_EQ(calls, 2);
    queue.close();
    EXPECT_EQ(calls, 3);
}

TEST(BoundedQueue, OnReadyMayUseTheQueue) {
    std::string seen;
    Texts* queue_seen = nullptr;
    Texts queue({.items = 3}, [&] { seen += drain(*queue_seen); });
    queue_seen = &queue;
    push_letters(queue, "ab");
    EXPECT_EQ(seen, "a b ");
}

TEST(QueueLimits, NamesTheLimitThatIsZero) {
    EXPECT_TRUE(validate(QueueLimits{}));
    EXPECT_NE(validate({.items = 0}).error().detail().find("items"), std::string::npos);
    EXPECT_NE(validate({.weight = 0}).error().detail().find("weight"), std::string::npos);
}

}  // namespace
}  // namespace sluice::sync
