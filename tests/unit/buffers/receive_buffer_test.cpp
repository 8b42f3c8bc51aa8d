#include "sluice/buffers/receive_buffer.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "sluice/buffers/buffer_pool.hpp"
#include "unit/buffers/pool_fixture.hpp"

namespace sluice {
namespace {

using test::as_text;
using test::block_b_min;
using test::pool_of;
using test::slab_b;
using test::slab_capacity;

constexpr std::size_t offer = 1000;

class ReceiveBufferTest : public testing::Test {
  protected:
    /// What the kernel and the loop do.
    Buffer receive(std::string_view text) {
        test::write(*receiver.writable(account), text);
        return receiver.take(text.size(), account);
    }
    Buffer receive_copy(std::string_view text) {
        test::write(*receiver.writable(account), text);
        return receiver.take_copy(text.size(), account);
    }
    Buffer receive_bytes(std::size_t size) { return receive(std::string(size, 'x')); }
    std::size_t room() { return receiver.writable(account)->size(); }
    std::size_t used_b() const { return pool.statistics().used_b; }

    BufferPool pool{pool_of(4)};
    ReceiveBuffer receiver{pool, offer};
    BufferAccount account = *pool.open_account(100 * slab_b);
};

using ReceiveBufferDeathTest = ReceiveBufferTest;

TEST_F(ReceiveBufferTest, HoldsNothingBeforeItIsUsed) {
    EXPECT_EQ(used_b(), block_b_min);
}

TEST_F(ReceiveBufferTest, OffersTheRestOfTheSlab) {
    EXPECT_EQ(room(), slab_capacity);
    const Buffer first = receive_bytes(100);
    EXPECT_EQ(room(), slab_capacity - 100);
    EXPECT_EQ(receiver.writable(account)->data(), first.data() + 100);
}

TEST_F(ReceiveBufferTest, SlicesTakenInTurnForOneAccountJoin) {
    BufferAccount other = *pool.open_account(slab_b);
    Buffer first = receive("ab");
    Buffer second = receive("cd");
    test::write(*receiver.writable(other), "ef");
    Buffer foreign = receiver.take(2, other);
    EXPECT_TRUE(first.join(second));
    EXPECT_FALSE(first.join(foreign));
    EXPECT_EQ(as_text(first), "abcd");
    EXPECT_TRUE(first.room().empty()) << "the receiver writes behind it";
}

TEST_F(ReceiveBufferTest, ReceivedBytesAreNotCopied) {
    const std::span<std::byte> offered = *receiver.writable(account);
    test::write(offered, "packet");
    const Buffer packet = receiver.take(6, account);
    EXPECT_EQ(packet.data(), offered.data());
    EXPECT_EQ(as_text(packet), "packet");
}

TEST_F(ReceiveBufferTest, SlicesKeepTheirBytesWhileReceivingGoesOn) {
    std::vector<Buffer> packets;
    for (int i = 0; i < 1000; ++i) {
        packets.push_back(receive("packet " + std::to_string(i)));
    }
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(as_text(packets[static_cast<std::size_t>(i)]), "packet " + std::to_string(i));
    }
}

TEST_F(ReceiveBufferTest, LessThanTheOfferAtTheEndOfASlabIsLeftUnused) {
    const Buffer exact = receive_bytes(slab_capacity - offer);
    EXPECT_EQ(room(), offer);
    const Buffer one = receive_bytes(1);
    EXPECT_EQ(room(), slab_capacity);
    const Buffer next = receive_bytes(1);
    EXPECT_NE(next.data(), one.data() + 1);
}

TEST_F(ReceiveBufferTest, ASlabReturnsWhenTheLoopMovedOnAndItsSlicesAreGone) {
    Buffer old = receive_bytes(slab_capacity);
    const Buffer current = receive_bytes(1);
    // Two slabs, a lease of each, the account, and what is set aside.
    EXPECT_EQ(used_b(), 2 * slab_b + 4 * block_b_min);
    old.reset();
    EXPECT_EQ(used_b(), slab_b + 3 * block_b_min);
}

TEST_F(ReceiveBufferTest, FillingStartsAgainAtTheFrontWhileNobodyHoldsASlice) {
    const std::byte* const front = receiver.writable(account)->data();
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(receive_bytes(5000).data(), front);
    }
    const Buffer kept = receive_bytes(5000);
    EXPECT_EQ(kept.data(), front);
    EXPECT_EQ(receive_bytes(5000).data(), front + 5000);
    EXPECT_EQ(receive_bytes(5000).data(), front + 10000);
}

TEST_F(ReceiveBufferTest, AnEmptyPoolIsBackPressureAndRecovers) {
    std::vector<Buffer> slices;
    while (receiver.writable(account)) {
        slices.push_back(receiver.take(slab_capacity, account));
    }
    EXPECT_EQ(slices.size(), 3u);  // the account and the leases are in the fourth slab
    EXPECT_EQ(receiver.writable(account).error().code(), Errc::would_block);
    slices.erase(slices.begin());
    EXPECT_EQ(room(), slab_capacity);
}

TEST_F(ReceiveBufferTest, WhatIsReceivedFindsItsPlaceAlsoWhenThePoolHasBecomeEmpty) {
    test::write(*receiver.writable(account), "kept");
    std::vector<Buffer> others;
    for (Result<Buffer> one = pool.acquire(0); one; one = pool.acquire(0)) {
        others.push_back(*std::move(one));
    }
    const Buffer packet = receiver.take(4, account);
    EXPECT_EQ(as_text(packet), "kept");
    EXPECT_EQ(receiver.writable(account).error().code(), Errc::would_block);
    others.pop_back();
    EXPECT_TRUE(receiver.writable(account));
}

TEST_F(ReceiveBufferTest, ACopyLeavesTheCursorAndTheSlabFree) {
    const std::byte* const front = receiver.writable(account)->data();
    const Buffer copy = receive_copy("small");
    EXPECT_EQ(as_text(copy), "small");
    EXPECT_NE(copy.data(), front);
    EXPECT_EQ(room(), slab_capacity);
    EXPECT_EQ(account.held_bytes(), block_b_min);
    receiver.release();
    EXPECT_EQ(used_b(), 2 * block_b_min);
}

TEST_F(ReceiveBufferTest, ACopyFallsBackToASliceWithoutASmallBlock) {
    const std::span<std::byte> offered = *receiver.writable(account);
    test::write(offered, "kept");
    const std::vector<Buffer> slabs = test::take_all_slabs(pool);
    std::vector<Buffer> small;
    for (Result<Buffer> one = pool.acquire(0); one; one = pool.acquire(0)) {
        small.push_back(*std::move(one));
    }
    const Buffer packet = receiver.take_copy(4, account);
    EXPECT_EQ(packet.data(), offered.data());
    EXPECT_EQ(as_text(packet), "kept");
    EXPECT_EQ(account.held_bytes(), slab_b);
}

TEST_F(ReceiveBufferTest, ACopyLargerThanTheSmallClassesIsASlice) {
    const std::byte* const front = receiver.writable(account)->data();
    EXPECT_NE(receiver.take_copy(8128, account).data(), front);
    static_cast<void>(receiver.writable(account));
    EXPECT_EQ(receiver.take_copy(8129, account).data(), front);
}

TEST_F(ReceiveBufferTest, ReleaseLetsTheCurrentSlabGo) {
    Buffer packet = receive("packet");
    receiver.release();
    EXPECT_EQ(as_text(packet), "packet");
    EXPECT_EQ(used_b(), slab_b + 2 * block_b_min);
    packet.reset();
    EXPECT_EQ(used_b(), block_b_min);
    receiver.release();
    EXPECT_EQ(as_text(receive("again")), "again");
}

TEST_F(ReceiveBufferTest, ASliceThatIsAloneOnItsSlabMayBeWritten) {
    Buffer packet = receive("packet");
    EXPECT_DEATH(
        {
            const Buffer other = packet.share();
            static_cast<void>(packet.writable());
        },
        "shared bytes");
    test::write(packet.writable(), "PACKET");
    EXPECT_EQ(as_text(packet), "PACKET");
}

TEST_F(ReceiveBufferTest, TwoReceiversOfOnePoolDoNotDisturbEachOther) {
    ReceiveBuffer other_receiver(pool, offer);
    BufferAccount other = *pool.open_account(slab_b);
    const Buffer mine = receive("mine");
    test::write(*other_receiver.writable(other), "theirs");
    const Buffer theirs = other_receiver.take(6, other);
    EXPECT_EQ(as_text(mine), "mine");
    EXPECT_EQ(as_text(theirs), "theirs");
    EXPECT_EQ(account.held_bytes(), slab_b);
    EXPECT_EQ(other.held_bytes(), slab_b);
}

TEST_F(ReceiveBufferDeathTest, AnOfferOfNothingOrOfMoreThanASlabAborts) {
    EXPECT_DEATH(ReceiveBuffer(pool, 0), "offers nothing, or more than a slab");
    EXPECT_DEATH(ReceiveBuffer(pool, slab_capacity + 1), "offers nothing, or more than a slab");
}

TEST_F(ReceiveBufferDeathTest, TakeOutsideTheOfferAborts) {
    static_cast<void>(receiver.writable(account));
    EXPECT_DEATH(static_cast<void>(receiver.take(0, account)), "take\\(\\) of nothing");
    EXPECT_DEATH(static_cast<void>(receiver.take(slab_b, account)), "more than offered");
    EXPECT_DEATH(static_cast<void>(receiver.take_copy(slab_b, account)), "more than offered");
}

TEST_F(ReceiveBufferDeathTest, TakeWithoutAWritableOfItsOwnAborts) {
    EXPECT_DEATH(static_cast<void>(receiver.take(1, account)), "without a writable");
    const Buffer packet = receive("packet");
    EXPECT_DEATH(static_cast<void>(receiver.take(1, account)), "without a writable");
    BufferAccount other = *pool.open_account(1);
    static_cast<void>(receiver.writable(account));
    EXPECT_DEATH(static_cast<void>(receiver.take(1, other)), "without a writable");
}

TEST_F(ReceiveBufferDeathTest, OneThatOutlivesItsPoolAborts) {
    EXPECT_DEATH(
        {
            BufferPool short_lived(pool_of(4));
            ReceiveBuffer late(short_lived, offer);
            {
                const BufferAccount closed = *short_lived.open_account(1);
                static_cast<void>(late.writable(closed));
            }
            short_lived.~BufferPool();
        },
        "outlived its BufferPool");
}

}  // namespace
}  // namespace sluice
