// A program of its own, because it replaces operator new.

#include "sluice/sync/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

void* operator new(std::size_t bytes) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(bytes)) {
        return memory;
    }
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

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
    const std::uint64_t before = allocations;
    use(queue, batch);
    return allocations - before;
}

TEST(BoundedQueueAllocation, CounterSeesAllocations) {
    const std::uint64_t before = allocations;
    BoundedQueue<int> queue({.items = 4});
    EXPECT_GT(allocations, before);
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
    const std::uint64_t before = allocations;
    for (int i = 0; i < 1000; ++i) {
        (void)queue.push(int(i));
    }
    popper.join();
    EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace sluice::sync
