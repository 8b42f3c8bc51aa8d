#include "sluice/buffers/buffer_account.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/buffers/receive_buffer.hpp"
#include "unit/buffers/pool_fixture.hpp"

namespace sluice {
namespace {

using test::pool_of;
using test::slab_b;
using test::slab_capacity;

struct CountingWaiter final : MemoryWaiter {
    void memory_available() noexcept override {
        ++calls;
        if (order != nullptr) {
            order->push_back(this);
        }
    }
    int calls = 0;
    std::vector<const CountingWaiter*>* order = nullptr;
};

class MemoryWaiterTest : public testing::Test {
  protected:
    BufferPool pool{pool_of(4)};
    std::vector<Buffer> slabs = test::take_all_slabs(pool);
    CountingWaiter waiter;
};

using MemoryWaiterDeathTest = MemoryWaiterTest;

TEST_F(MemoryWaiterTest, IsCalledOnceWhenMemoryComesBack) {
    pool.wait_for_memory(waiter, slab_capacity);
    EXPECT_EQ(waiter.calls, 0);
    slabs.pop_back();
    EXPECT_EQ(waiter.calls, 1);
    slabs.clear();
    EXPECT_EQ(waiter.calls, 1);
}

TEST_F(MemoryWaiterTest, IsCalledAtOnceIfThereIsMemoryAlready) {
    slabs.pop_back();
    pool.wait_for_memory(waiter, slab_capacity);
    EXPECT_EQ(waiter.calls, 1);
    slabs.clear();
    EXPECT_EQ(waiter.calls, 1);
}

TEST_F(MemoryWaiterTest, IsCalledOnlyWhenItsSizeMayBeThere) {
    pool.wait_for_memory(waiter, 4 * slab_b - 64);
    for (int left = 3; left > 0; --left) {
        slabs.pop_back();
        EXPECT_EQ(waiter.calls, 0);
    }
    slabs.pop_back();
    EXPECT_EQ(waiter.calls, 1);
    EXPECT_TRUE(pool.acquire(4 * slab_b - 64));
}

TEST_F(MemoryWaiterTest, ASmallBlockThatComesBackIsNoSlab) {
    slabs.pop_back();
    std::vector<Buffer> small;
    for (Result<Buffer> one = pool.acquire(100); one; one = pool.acquire(100)) {
        small.push_back(*std::move(one));
    }
    CountingWaiter for_small;
    pool.wait_for_memory(for_small, 100);
    pool.wait_for_memory(waiter, slab_capacity);
    small.pop_back();
    EXPECT_EQ(for_small.calls, 1);
    EXPECT_EQ(waiter.calls, 0);
    small.clear();
    EXPECT_EQ(waiter.calls, 1);
}

TEST_F(MemoryWaiterTest, AllWhoCouldBeServedAreCalledInTheOrderOfTheirArrival) {
    std::vector<const CountingWaiter*> order;
    CountingWaiter waiters[3];
    for (CountingWaiter& one : waiters) {
        one.order = &order;
        pool.wait_for_memory(one, slab_capacity);
    }
    slabs.pop_back();
    EXPECT_EQ(order, (std::vector<const CountingWaiter*>{&waiters[0], &waiters[1], &waiters[2]}));
}

TEST_F(MemoryWaiterTest, MayWaitAgainAfterItWasCalled) {
    for (int i = 1; i <= 3; ++i) {
        pool.wait_for_memory(waiter, slab_capacity);
        slabs.pop_back();
        EXPECT_EQ(waiter.calls, i);
        slabs.push_back(*pool.acquire_slab());
    }
}

TEST_F(MemoryWaiterTest, IsNotCalledAfterCancel) {
    pool.wait_for_memory(waiter, slab_capacity);
    pool.cancel_wait(waiter);
    slabs.clear();
    EXPECT_EQ(waiter.calls, 0);
}

TEST_F(MemoryWaiterTest, CancelOfOneLeavesTheOthers) {
    for (int cancelled = 0; cancelled < 3; ++cancelled) {
        CountingWaiter waiters[3];
        for (CountingWaiter& one : waiters) {
            pool.wait_for_memory(one, slab_capacity);
        }
        pool.cancel_wait(waiters[cancelled]);
        slabs.pop_back();
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(waiters[i].calls, i == cancelled ? 0 : 1);
        }
        slabs.push_back(*pool.acquire_slab());
    }
}

TEST_F(MemoryWaiterTest, CancelOfOneThatDoesNotWaitDoesNothing) {
    pool.cancel_wait(waiter);
    pool.wait_for_memory(waiter, slab_capacity);
    slabs.pop_back();
    pool.cancel_wait(waiter);
    EXPECT_EQ(waiter.calls, 1);
}

TEST_F(MemoryWaiterDeathTest, WaitingForTwoThingsAborts) {
    pool.wait_for_memory(waiter, slab_capacity);
    EXPECT_DEATH(pool.wait_for_memory(waiter, 1), "waits for one thing at a time");
    pool.cancel_wait(waiter);
}

TEST_F(MemoryWaiterDeathTest, WaitingForWhatIsTooLargeAborts) {
    EXPECT_DEATH(pool.wait_for_memory(waiter, 4 * slab_b), "could never hold");
}

class AccountWaiterTest : public testing::Test {
  protected:
    Buffer receive(std::size_t size) {
        static_cast<void>(receiver.writable(account));
        return receiver.take(size, account);
    }

    BufferPool pool{pool_of(8)};
    ReceiveBuffer receiver{pool, 1000};
    BufferAccount account = *pool.open_account(2 * slab_b);
    CountingWaiter waiter;
};

TEST_F(AccountWaiterTest, IsCalledAtOnceBelowTheLimit) {
    const Buffer slice = receive(slab_capacity);
    ASSERT_TRUE(pool.has_room(account));
    pool.wait_for_account(waiter, account);
    EXPECT_EQ(waiter.calls, 1);
}

TEST_F(AccountWaiterTest, IsCalledOnceWhenTheAccountFallsBelowItsLimit) {
    Buffer slices[] = {receive(slab_capacity), receive(slab_capacity), receive(slab_capacity)};
    ASSERT_FALSE(pool.has_room(account));
    pool.wait_for_account(waiter, account);
    slices[0].reset();  // to exactly the limit
    EXPECT_EQ(waiter.calls, 0);
    slices[1].reset();
    EXPECT_EQ(waiter.calls, 1);
    EXPECT_TRUE(pool.has_room(account));
    slices[2].reset();
    EXPECT_EQ(waiter.calls, 1);
}

TEST_F(AccountWaiterTest, IsNotCalledForWhatAnotherAccountGivesBack) {
    BufferAccount other = *pool.open_account(1);
    static_cast<void>(receiver.writable(other));
    Buffer others = receiver.take(slab_capacity, other);
    const Buffer slices[] = {receive(slab_capacity), receive(slab_capacity)};
    pool.wait_for_account(waiter, account);
    others.reset();
    EXPECT_EQ(waiter.calls, 0);
    pool.cancel_wait(waiter);
}

TEST_F(AccountWaiterTest, IsCalledByTheConsumerOfTheCurrentSlab) {
    // The slab is still being filled, and nobody else would make the receiver leave it.
    BufferAccount narrow = *pool.open_account(1);
    static_cast<void>(receiver.writable(narrow));
    Buffer slice = receiver.take(10, narrow);
    ASSERT_FALSE(pool.has_room(narrow));
    pool.wait_for_account(waiter, narrow);
    slice.reset();
    EXPECT_EQ(waiter.calls, 1);
}

TEST_F(AccountWaiterTest, IsCalledAlsoIfTheAccountWasClosedMeanwhile) {
    Buffer slices[] = {receive(slab_capacity), receive(slab_capacity)};
    pool.wait_for_account(waiter, account);
    account = BufferAccount();
    slices[0].reset();
    EXPECT_EQ(waiter.calls, 1);
}

TEST_F(AccountWaiterTest, IsNotCalledAfterCancel) {
    Buffer slices[] = {receive(slab_capacity), receive(slab_capacity)};
    pool.wait_for_account(waiter, account);
    pool.cancel_wait(waiter);
    slices[0].reset();
    slices[1].reset();
    EXPECT_EQ(waiter.calls, 0);
}

}  // namespace
}  // namespace sluice
