// A program of its own, because it replaces operator new.

#include "sluice/sync/bounded_queue.hpp"
#include "support/count_allocations.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

namespace sluice::sync {
namespace {

/// Pushes and pops in every way, many times more than the queue holds.
template <typename Queue>
void use(Queue& queue, PoppedBatch<int>& batch) {
    std::array<int, 6> items{};
    for (int i = 0; i < 100; ++i) {
        (void)queue.try_push(int(i));
        (void)queue.push(int(i), SteadyTime());
        (void)queue.try_push_batch(items);
        (void)queue.push_batch(items, SteadyTime());
        (void)queue.try_pop();
        (void)queue.pop(SteadyTime());
        (void)queue.try_pop_batch(batch);
        (void)queue.pop_batch(batch, SteadyTime());
        (void)queue.statistics();
    }
}

template <typename Policy>
std::uint64_t allocations_of_use() {
    BoundedQueue<int, Policy> queue({.items = 4});
    PoppedBatch<int> batch(8);
    const std::uint64_t before = test::allocations;
    use(queue, batch);
    return test::allocations - before;
}

TEST(BoundedQueueAllocation, CounterSeesAllocations) {
    const std::uint64_t before = test::allocations;
    BoundedQueue<int> queue({.items = 4});
    EXPECT_GT(test::allocations, before);
}

TEST(BoundedQueueAllocation, NothingIsAllocatedAfterConstruction) {
    EXPECT_EQ(allocations_of_use<WaitForRoom>(), 0u);
    EXPECT_EQ(allocations_of_use<DropOldest>(), 0u);
    EXPECT_EQ(allocations_of_use<DropNewest>(), 0u);
    EXPECT_EQ(allocations_of_use<KeepLatest>(), 0u);
}

TEST(BoundedQueueAllocation, WaitingAllocatesNothing) {
    BoundedQueue<int> queue({.items = 1});
    std::atomic<bool> started{false};
    std::thread popper([&] {
        started = true;
        for (int i = 0; i < 1000; ++i) {
            EXPECT_TRUE(queue.pop());
        }
    });
    while (!started) {
        std::this_thread::yield();
    }
    const std::uint64_t before = test::allocations;
    for (int i = 0; i < 1000; ++i) {
        (void)queue.push(int(i));
    }
    popper.join();
    EXPECT_EQ(test::allocations, before);
}

}  // namespace
}  // namespace sluice::sync
