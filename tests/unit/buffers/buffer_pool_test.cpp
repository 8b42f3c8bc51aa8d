#include "sluice/buffers/buffer_pool.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <new>
#include <optional>
#include <vector>

#include "unit/buffers/pool_fixture.hpp"

namespace sluice {
namespace {

using test::as_bytes;
using test::as_text;
using test::block_b_min;
using test::header_b;
using test::pool_of;
using test::slab_b;
using test::slab_capacity;

class BufferPoolTest : public testing::Test {
  protected:
    BufferPool pool{pool_of(8)};
};

using BufferPoolDeathTest = BufferPoolTest;

TEST(BufferPoolOptions, DefaultsAreValid) {
    EXPECT_TRUE(validate(BufferPoolOptions{}));
}

TEST(BufferPoolOptions, AcceptsTheSmallest) {
    EXPECT_TRUE(validate({.size_b = 4 * 16384, .slab_size_b = 16384}));
}

TEST(BufferPoolOptions, RefusalSaysWhatWasGivenAndWhatIsAllowed) {
    const struct {
        BufferPoolOptions options;
        const char* detail;
    } cases[] = {
        {{.size_b = 1 << 20, .slab_size_b = 8192},
         "slab_size_b 8192: must be a power of two, at least 16384"},
        {{.size_b = 1 << 20, .slab_size_b = 16385},
         "slab_size_b 16385: must be a power of two, at least 16384"},
        {{.size_b = 1 << 20, .slab_size_b = 0},
         "slab_size_b 0: must be a power of two, at least 16384"},
        {{.size_b = 4 * 16384 - 1, .slab_size_b = 16384},
         "size_b 65535: must be at least four times slab_size_b 16384"},
        {{.size_b = 0, .slab_size_b = 16384},
         "size_b 0: must be at least four times slab_size_b 16384"},
    };
    for (const auto& one : cases) {
        const Result<void> valid = validate(one.options);
        ASSERT_FALSE(valid) << one.detail;
        EXPECT_EQ(valid.error().code(), Errc::invalid_argument);
        EXPECT_EQ(valid.error().detail(), one.detail);
    }
}

TEST_F(BufferPoolTest, AcquireGivesExactlyTheSizeAskedFor) {
    for (const std::size_t bytes :
         {0u, 1u, 64u, 65u, 4096u, 8128u, 8129u, 16320u, 16321u, 65000u}) {
        Buffer buffer = *pool.acquire(bytes);
        EXPECT_EQ(buffer.size(), bytes);
        EXPECT_EQ(buffer.writable().size(), bytes);
        std::ranges::fill(buffer.writable(), std::byte{0x5a});
    }
}

TEST_F(BufferPoolTest, AcquireTakesTheSmallestClassThatHoldsSixtyFourMore) {
    const struct {
        std::size_t bytes;
        std::size_t block_b;
    } cases[] = {{0, 128},
                 {64, 128},
                 {65, 256},
                 {192, 256},
                 {8128, 8192},
                 {8129, slab_b},
                 {slab_capacity, slab_b},
                 {slab_b, 2 * slab_b},
                 {8 * slab_b - header_b, 8 * slab_b}};
    for (const auto& one : cases) {
        const Buffer buffer = *pool.acquire(one.bytes);
        EXPECT_EQ(pool.statistics().used_b, one.block_b) << one.bytes;
        EXPECT_EQ(block_size_b(one.bytes, slab_b), one.block_b) << one.bytes;
    }
}

TEST_F(BufferPoolTest, ASlabIsItsSizeLessTheHeader) {
    EXPECT_EQ(pool.slab_capacity(), slab_b - 64);
    EXPECT_EQ(pool.acquire_slab()->size(), slab_b - 64);
}

TEST_F(BufferPoolTest, TheBlockReturnedLastIsHandedOutFirst) {
    for (const std::size_t bytes : {std::size_t{100}, slab_capacity, 2 * slab_b}) {
        std::optional<Buffer> first = *pool.acquire(bytes);
        std::optional<Buffer> second = *pool.acquire(bytes);
        const std::byte* const address = first->data();
        second.reset();
        first.reset();
        EXPECT_EQ(pool.acquire(bytes)->data(), address) << bytes;
    }
}

TEST_F(BufferPoolTest, LargeBlocksAreReusedNotMappedAnew) {
    const std::byte* const address = pool.acquire(3 * slab_b)->data();
    const std::size_t mapped_b = pool.statistics().mapped_b;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(pool.acquire(3 * slab_b)->data(), address);
    }
    EXPECT_EQ(pool.statistics().mapped_b, mapped_b);
}

TEST_F(BufferPoolTest, AnEmptyPoolSaysWouldBlockAndRecovers) {
    std::vector<Buffer> slabs = test::take_all_slabs(pool);
    EXPECT_EQ(slabs.size(), 8u);
    EXPECT_EQ(pool.acquire_slab().error().code(), Errc::would_block);
    EXPECT_EQ(pool.acquire(1).error().code(), Errc::would_block);
    EXPECT_EQ(pool.acquire(8 * slab_b - header_b).error().code(), Errc::would_block);
    slabs.pop_back();
    EXPECT_TRUE(pool.acquire(1));
    EXPECT_TRUE(pool.acquire_slab());
    slabs.clear();
    EXPECT_TRUE(pool.acquire(8 * slab_b - header_b));
}

TEST_F(BufferPoolTest, WhatCouldNeverBeHeldIsTooLarge) {
    EXPECT_EQ(pool.acquire(8 * slab_b - header_b + 1).error().code(), Errc::too_large);
    EXPECT_EQ(pool.acquire(std::numeric_limits<std::size_t>::max()).error().code(),
              Errc::too_large);
    EXPECT_EQ(pool.statistics().exhausted, 0u);
}

TEST(BufferPool, NoPagesFromTheKernelIsOutOfMemory) {
    // More than the address space of a process holds, so that the kernel always refuses.
    BufferPool pool({.size_b = std::size_t{1} << 60});
    const Result<Buffer> refused = pool.acquire(std::size_t{1} << 59);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::out_of_memory);
    EXPECT_EQ(pool.statistics().mapped_b, 0u);
    EXPECT_EQ(pool.statistics().blocks, 0u);
    EXPECT_TRUE(pool.acquire(1));
}

TEST_F(BufferPoolTest, MemoryMovesBetweenClassesButNeverAboveTheLimit) {
    for (const std::size_t bytes : {std::size_t{1}, 4 * slab_b, slab_capacity, std::size_t{5000},
                                    8 * slab_b - header_b, std::size_t{300}, slab_capacity}) {
        std::vector<Buffer> all;
        for (Result<Buffer> one = pool.acquire(bytes); one; one = pool.acquire(bytes)) {
            all.push_back(*std::move(one));
            ASSERT_LE(pool.statistics().mapped_b, 8 * slab_b);
        }
        EXPECT_FALSE(all.empty()) << bytes;
    }
}

TEST_F(BufferPoolTest, StatisticsCountBlocksOutsideByTheirWholeSize) {
    {
        const Buffer small = *pool.acquire(100);
        const Buffer shared = small.share();
        const Buffer slab = *pool.acquire_slab();
        const BufferPoolStatistics now = pool.statistics();
        EXPECT_EQ(now.size_b, 8 * slab_b);
        EXPECT_EQ(now.mapped_b, 2 * slab_b);
        EXPECT_EQ(now.used_b, 256 + slab_b);
        EXPECT_EQ(now.blocks, 2u);
        EXPECT_EQ(now.acquired, 2u);
    }
    test::take_all_slabs(pool);
    const BufferPoolStatistics after = pool.statistics();
    EXPECT_EQ(after.used_b, 0u);
    EXPECT_EQ(after.blocks, 0u);
    EXPECT_EQ(after.acquired, 10u);
    EXPECT_EQ(after.exhausted, 1u);
    EXPECT_EQ(after.used_b_max, 8 * slab_b);
}

TEST_F(BufferPoolTest, UsedIsTheSumOverAllHolders) {
    const Buffer message = *pool.acquire(100);   // 256
    const Buffer frame = *pool.acquire(slab_b);  // 2 slabs
    const Buffer lent = *pool.wrap(
        as_bytes("lent"), [](void*, auto) noexcept {}, nullptr);  // 128
    const BufferAccount account = *pool.open_account(1);          // 128
    EXPECT_EQ(pool.statistics().used_b, 256 + 2 * slab_b + 2 * block_b_min);
    EXPECT_EQ(pool.statistics().blocks, 4u);
}

/// Counts what comes back, and whether the pool could be called meanwhile.
struct Lender {
    explicit Lender(BufferPool& lent_to) : pool(&lent_to) {}

    BufferPool* pool;
    std::vector<std::span<const std::byte>> returned;
    std::size_t blocks_when_returned = 0;

    static void release(void* context, std::span<const std::byte> memory) noexcept {
        auto* self = static_cast<Lender*>(context);
        self->returned.push_back(memory);
        self->blocks_when_returned = self->pool->statistics().blocks;
        static_cast<void>(self->pool->acquire(1));
    }
};

TEST_F(BufferPoolTest, LentMemoryIsReadInPlaceAndReturnedWithItsLastShare) {
    Lender lender(pool);
    const std::span<const std::byte> memory = as_bytes("lent memory");
    Buffer buffer = *pool.wrap(memory, Lender::release, &lender);
    EXPECT_EQ(buffer.data(), memory.data());
    EXPECT_EQ(as_text(buffer), "lent memory");
    Buffer part = buffer.slice(0, 4);
    buffer.reset();
    EXPECT_TRUE(lender.returned.empty());
    part.reset();
    ASSERT_EQ(lender.returned.size(), 1u);
    EXPECT_EQ(lender.returned[0].data(), memory.data());
    EXPECT_EQ(lender.returned[0].size(), memory.size());
}

TEST_F(BufferPoolTest, ReleaseMayCallThePoolBecauseItsLockIsNotHeld) {
    Lender lender(pool);
    pool.wrap(as_bytes("lent"), Lender::release, &lender)->reset();
    EXPECT_EQ(lender.returned.size(), 1u);
    EXPECT_EQ(lender.blocks_when_returned, 0u);
}

TEST_F(BufferPoolTest, AWrapThatFailsDoesNotCallRelease) {
    Lender lender(pool);
    const std::vector<Buffer> slabs = test::take_all_slabs(pool);
    const Result<Buffer> refused = pool.wrap(as_bytes("lent"), Lender::release, &lender);
    EXPECT_EQ(refused.error().code(), Errc::would_block);
    EXPECT_TRUE(lender.returned.empty());
}

TEST_F(BufferPoolTest, AnEmptyLoanIsReturnedToo) {
    Lender lender(pool);
    pool.wrap({}, Lender::release, &lender)->reset();
    EXPECT_EQ(lender.returned.size(), 1u);
}

TEST_F(BufferPoolDeathTest, WrapWithoutReleaseAborts) {
    EXPECT_DEATH(static_cast<void>(pool.wrap(as_bytes("lent"), nullptr, nullptr)),
                 "without a release function");
}

TEST_F(BufferPoolDeathTest, InvalidOptionsAbort) {
    EXPECT_DEATH(BufferPool({.size_b = 1}), "validate");
}

TEST_F(BufferPoolDeathTest, ABufferThatOutlivesItsPoolAborts) {
    EXPECT_DEATH(
        {
            Buffer buffer;
            BufferPool short_lived(pool_of(4));
            buffer = *short_lived.acquire(1);
            short_lived.~BufferPool();
        },
        "outlived its BufferPool");
}

TEST_F(BufferPoolDeathTest, AnAccountThatOutlivesItsPoolAborts) {
    EXPECT_DEATH(
        {
            BufferAccount account;
            BufferPool short_lived(pool_of(4));
            account = *short_lived.open_account(1);
            short_lived.~BufferPool();
        },
        "outlived its BufferPool");
}

}  // namespace
}  // namespace sluice
