#include "sluice/buffers/buffer_pool.hpp"

#include <gtest/gtest.h>

#include "sluice/buffers/receive_buffer.hpp"
#include "support/count_allocations.hpp"
#include "unit/buffers/pool_fixture.hpp"

namespace sluice {
namespace {

using test::pool_of;
using test::slab_b;
using test::slab_capacity;

class AllocationTest : public testing::Test {
  protected:
    /// How many allocations the second of two equal rounds makes: the first may warm up.
    template <typename Round>
    std::size_t in_steady_state(Round round) {
        round();
        const std::size_t before = test::allocations;
        const std::size_t mapped_b = pool.statistics().mapped_b;
        round();
        EXPECT_EQ(pool.statistics().mapped_b, mapped_b);
        return test::allocations - before;
    }

    BufferPool pool{pool_of(8)};
};

TEST_F(AllocationTest, TheCounterCounts) {
    const std::size_t before = test::allocations;
    ::operator delete(::operator new(1));
    EXPECT_GE(test::allocations - before, 1u);
}

TEST_F(AllocationTest, AcquireAndDropAllocateNothing) {
    const std::size_t made = in_steady_state([this] {
        for (const std::size_t bytes :
             {std::size_t{10}, std::size_t{5000}, slab_capacity, slab_b}) {
            const Buffer buffer = *pool.acquire(bytes);
            const Buffer part = buffer.slice(1, 2);
        }
    });
    EXPECT_EQ(made, 0u);
}

TEST_F(AllocationTest, ReceivingAllocatesNothing) {
    ReceiveBuffer receiver(pool, 1000);
    BufferAccount account = *pool.open_account(slab_b);
    const std::size_t made = in_steady_state([&] {
        Buffer kept;
        for (int i = 0; i < 50; ++i) {
            static_cast<void>(receiver.writable(account));
            kept = receiver.take(900, account);
            static_cast<void>(receiver.writable(account));
            const Buffer copy = receiver.take_copy(90, account);
        }
    });
    EXPECT_EQ(made, 0u);
}

TEST_F(AllocationTest, WrapsAccountsAndRefusalsAllocateNothing) {
    const std::size_t made = in_steady_state([this] {
        const BufferAccount account = *pool.open_account(slab_b);
        const Buffer lent = *pool.wrap(
            test::as_bytes("lent"), [](void*, auto) noexcept {}, nullptr);
        EXPECT_FALSE(pool.acquire(7 * slab_b));
    });
    EXPECT_EQ(made, 0u);
}

}  // namespace
}  // namespace sluice
