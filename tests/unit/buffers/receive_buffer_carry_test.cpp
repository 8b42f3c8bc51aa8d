#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/buffers/receive_buffer.hpp"
#include "unit/buffers/pool_fixture.hpp"

namespace sluice {
namespace {

using test::as_text;
using test::block_b_min;
using test::header_b;
using test::pool_of;

// Large enough for tails of which a small read is worth it.
constexpr std::size_t slab_b = 64 * 1024;
constexpr std::size_t slab_capacity = slab_b - header_b;
constexpr std::size_t offer = 16'000;
constexpr std::size_t long_tail = 8 * 1024;

class ReceiveBufferCarryTest : public testing::Test {
  protected:
    Buffer receive(std::string_view text) {
        test::write(*receiver.writable(account), text);
        return receiver.take(text.size(), account);
    }
    /// Behind the tail, which a handler then has with what came.
    Buffer receive_behind(Buffer& tail, std::size_t need_b, std::string_view text) {
        const std::size_t carried_b = tail.size();
        test::write(*receiver.writable(account, tail, need_b), text);
        return receiver.take(text.size(), account, carried_b);
    }
    /// The end of a packet that leaves `rest_b` of its slab; the front of it is `filler`.
    Buffer tail_before_the_end(std::size_t tail_b, std::size_t rest_b) {
        const std::size_t filler_b = slab_capacity - tail_b - rest_b;
        const Buffer packet = receive(std::string(filler_b, 'f') + std::string(tail_b, 't'));
        filler = packet.slice(0, filler_b);
        return packet.slice(filler_b, tail_b);
    }
    std::size_t used_b() const { return pool.statistics().used_b; }

    BufferPool pool{{.size_b = 4 * slab_b, .slab_size_b = slab_b}};
    ReceiveBuffer receiver{pool, offer};
    BufferAccount account = *pool.open_account(100 * slab_b);
    Buffer filler;
};

using ReceiveBufferCarryDeathTest = ReceiveBufferCarryTest;

TEST_F(ReceiveBufferCarryTest, ATailAtTheCursorGoesOnWithoutACopy) {
    Buffer tail = receive("unfini");
    const std::byte* const stood_at = tail.data();
    EXPECT_TRUE(receiver.continues(tail, 10));
    const Buffer whole = receive_behind(tail, 10, "shed");
    EXPECT_EQ(tail.data(), stood_at);
    EXPECT_EQ(whole.data(), stood_at);
    EXPECT_EQ(as_text(whole), "unfinished");
}

TEST_F(ReceiveBufferCarryTest, ATailThatIsThePartOfAPacketGoesOnWithoutACopy) {
    const Buffer packet = receive("whole,unfini");
    Buffer tail = packet.slice(6, 6);
    const Buffer whole = receive_behind(tail, 10, "shed");
    EXPECT_EQ(whole.data(), packet.data() + 6);
    EXPECT_EQ(as_text(whole), "unfinished");
}

TEST_F(ReceiveBufferCarryTest, ATailElsewhereIsCopiedAndBecomesASliceOfTheCopy) {
    Buffer tail = receive("unfini");
    const Buffer between = receive("of another");
    EXPECT_FALSE(receiver.continues(tail, 10));
    const Buffer whole = receive_behind(tail, 10, "shed");
    EXPECT_EQ(as_text(whole), "unfinished");
    EXPECT_EQ(as_text(between), "of another");
    EXPECT_EQ(tail.data(), whole.data());
    EXPECT_EQ(as_text(tail), "unfini");
}

TEST_F(ReceiveBufferCarryTest, ATailInMemoryOfTheUsersIsCopied) {
    const std::string lent = "unfini";
    Buffer tail = *pool.wrap(
        test::as_bytes(lent), [](void*, std::span<const std::byte>) noexcept {}, this);
    EXPECT_EQ(as_text(receive_behind(tail, 10, "shed")), "unfinished");
    EXPECT_EQ(account.held_bytes(), slab_b) << "the tail is a slice of the slab now";
}

TEST_F(ReceiveBufferCarryTest, AShortTailNearTheEndMovesToTheNextSlab) {
    Buffer tail = tail_before_the_end(100, offer - 1);
    const std::byte* const stood_at = tail.data();
    const std::span<std::byte> room = *receiver.writable(account, tail, 200);
    EXPECT_NE(tail.data(), stood_at);
    EXPECT_EQ(tail.data() + tail.size(), room.data());
    EXPECT_EQ(room.size(), slab_capacity - 100);
    EXPECT_EQ(as_text(tail), std::string(100, 't'));
}

TEST_F(ReceiveBufferCarryTest, AShortTailStaysWhileThereIsRoomForAnOffer) {
    Buffer tail = tail_before_the_end(100, offer);
    const std::byte* const stood_at = tail.data();
    EXPECT_EQ(receiver.writable(account, tail, 200)->size(), offer);
    EXPECT_EQ(tail.data(), stood_at);
}

TEST_F(ReceiveBufferCarryTest, AnOfferOfAWholeSlabDoesNotMoveEveryTail) {
    ReceiveBuffer generous(pool, slab_capacity);
    test::write(*generous.writable(account), "unfini");
    Buffer tail = generous.take(6, account);
    EXPECT_TRUE(generous.continues(tail, 10));
    EXPECT_EQ(generous.writable(account, tail, 10)->size(), slab_capacity - 6);
}

TEST_F(ReceiveBufferCarryTest, ALongTailThatCanBeCompletedStays) {
    Buffer tail = tail_before_the_end(long_tail, 10);
    const std::byte* const stood_at = tail.data();
    EXPECT_EQ(receiver.writable(account, tail, long_tail + 10)->size(), 10U);
    EXPECT_EQ(tail.data(), stood_at);
    EXPECT_EQ(receiver.writable(account, tail, long_tail + 11)->size(), slab_capacity - long_tail);
    EXPECT_NE(tail.data(), stood_at);
}

TEST_F(ReceiveBufferCarryTest, ThereIsRoomForWhatIsNeededAlsoIfThatIsMoreThanAnOffer) {
    const std::size_t need_b = receiver.carry_b_max();
    Buffer tail = tail_before_the_end(long_tail, need_b - long_tail - 1);
    const std::span<std::byte> room = *receiver.writable(account, tail, need_b);
    EXPECT_GE(room.size(), need_b - long_tail);
    EXPECT_EQ(tail.data() + tail.size(), room.data());
}

TEST_F(ReceiveBufferCarryTest, CarriedBytesAreInACopiedPacketToo) {
    Buffer tail = receive("unfini");
    test::write(*receiver.writable(account, tail, 10), "shed");
    const Buffer copied = receiver.take_copy(4, account, 6);
    EXPECT_EQ(as_text(copied), "unfinished");
    EXPECT_EQ(copied.kept_b(), block_b_min);
    EXPECT_EQ(account.held_bytes(), slab_b + block_b_min);
    tail.reset();
    EXPECT_EQ(account.held_bytes(), block_b_min);
}

TEST_F(ReceiveBufferCarryTest, ACopiedPacketWithoutASmallBlockIsASliceWithItsCarriedBytes) {
    Buffer tail = receive("unfini");
    test::write(*receiver.writable(account, tail, 10), "shed");
    const std::vector<Buffer> slabs = test::take_all_slabs(pool);
    std::vector<Buffer> small;
    for (Result<Buffer> one = pool.acquire(0); one; one = pool.acquire(0)) {
        small.push_back(*std::move(one));
    }
    const Buffer packet = receiver.take_copy(4, account, 6);
    EXPECT_EQ(packet.data(), tail.data());
    EXPECT_EQ(as_text(packet), "unfinished");
}

TEST_F(ReceiveBufferCarryTest, TailAndPacketInOneSlabAreChargedOnce) {
    Buffer tail = receive("unfini");
    const Buffer between = receive("more");
    Buffer whole = receive_behind(tail, 10, "shed");
    EXPECT_EQ(account.held_bytes(), slab_b);
}

TEST_F(ReceiveBufferCarryTest, AMovedTailIsChargedInItsNewSlabOnly) {
    Buffer tail = tail_before_the_end(100, 10);
    EXPECT_EQ(account.held_bytes(), slab_b);
    ASSERT_TRUE(receiver.writable(account, tail, 200));
    EXPECT_EQ(account.held_bytes(), 2 * slab_b) << "the filler keeps the first";
    filler.reset();
    EXPECT_EQ(account.held_bytes(), slab_b);
    tail.reset();
    EXPECT_EQ(account.held_bytes(), 0U);
}

TEST_F(ReceiveBufferCarryTest, WithoutASlabTheTailIsLeftAloneAndGoesOnLater) {
    Buffer tail = tail_before_the_end(100, 10);
    const std::byte* const stood_at = tail.data();
    std::vector<Buffer> slabs = test::take_all_slabs(pool);
    ASSERT_FALSE(slabs.empty());
    EXPECT_EQ(receiver.writable(account, tail, 200).error().code(), Errc::would_block);
    EXPECT_EQ(tail.data(), stood_at);
    EXPECT_EQ(as_text(tail), std::string(100, 't'));
    slabs.pop_back();
    EXPECT_EQ(as_text(receive_behind(tail, 101, "!")), std::string(100, 't') + "!");
}

TEST_F(ReceiveBufferCarryTest, WithoutASpareTheTailIsMovedAllTheSameAndKeepsItsBytes) {
    const std::string lent = "unfini";
    Buffer tail = *pool.wrap(
        test::as_bytes(lent), [](void*, std::span<const std::byte>) noexcept {}, this);
    const Buffer lender = tail.share();
    ASSERT_TRUE(receiver.writable(account));
    std::vector<Buffer> others;
    for (Result<Buffer> one = pool.acquire(0); one; one = pool.acquire(0)) {
        others.push_back(*std::move(one));
    }
    EXPECT_EQ(receiver.writable(account, tail, 10).error().code(), Errc::would_block);
    EXPECT_EQ(as_text(tail), "unfini");
    EXPECT_EQ(tail.kept_b(), slab_b);
    others.pop_back();
    EXPECT_EQ(as_text(receive_behind(tail, 10, "shed")), "unfinished");
}

TEST_F(ReceiveBufferCarryTest, AReleaseBetweenCostsACopyOnly) {
    Buffer tail = receive("unfini");
    receiver.release();
    EXPECT_EQ(as_text(receive_behind(tail, 10, "shed")), "unfinished");
}

TEST_F(ReceiveBufferCarryTest, AnEmptyTailIsNoTail) {
    Buffer none;
    EXPECT_EQ(receiver.writable(account, none, 0)->size(), slab_capacity);
    EXPECT_EQ(account.held_bytes(), 0U);
}

TEST_F(ReceiveBufferCarryTest, MoveOutLetsTheSlabGo) {
    Buffer tail = receive("unfini");
    receiver.release();
    EXPECT_EQ(used_b(), slab_b + 2 * block_b_min);
    EXPECT_TRUE(receiver.move_out(tail, account));
    EXPECT_EQ(as_text(tail), "unfini");
    EXPECT_EQ(account.held_bytes(), block_b_min);
    EXPECT_EQ(used_b(), 2 * block_b_min);
    EXPECT_EQ(as_text(receive_behind(tail, 10, "shed")), "unfinished");
}

TEST_F(ReceiveBufferCarryTest, MoveOutLeavesWhatNoSmallBlockHolds) {
    Buffer tail = receive(std::string(8129, 't'));
    const std::byte* const stood_at = tail.data();
    EXPECT_FALSE(receiver.move_out(tail, account));
    EXPECT_EQ(tail.data(), stood_at);
    EXPECT_EQ(account.held_bytes(), slab_b);
}

TEST_F(ReceiveBufferCarryTest, KeptIsTheWholeBlock) {
    EXPECT_EQ(Buffer().kept_b(), 0U);
    const Buffer packet = receive("packet");
    EXPECT_EQ(packet.kept_b(), slab_b);
    EXPECT_EQ(packet.slice(1, 2).kept_b(), slab_b);
    static_cast<void>(*receiver.writable(account));
    EXPECT_EQ(receiver.take_copy(1000, account).kept_b(), 2048U);
    EXPECT_EQ(pool.acquire(1)->kept_b(), block_b_min);
    EXPECT_EQ(pool.acquire_slab()->kept_b(), slab_b);
    EXPECT_EQ(pool.acquire(slab_b)->kept_b(), 2 * slab_b);
    const std::string lent(1000, 'x');
    const Buffer wrapped = *pool.wrap(
        test::as_bytes(lent), [](void*, std::span<const std::byte>) noexcept {}, this);
    EXPECT_EQ(wrapped.kept_b(), block_b_min) << "the user's memory is not the pool's";
}

TEST_F(ReceiveBufferCarryDeathTest, ATailThatNeedsNothingOrTooMuchAborts) {
    Buffer tail = receive("tail");
    EXPECT_DEATH(static_cast<void>(receiver.writable(account, tail, 4)), "needs nothing");
    EXPECT_DEATH(static_cast<void>(receiver.writable(account, tail, receiver.carry_b_max() + 1)),
                 "more than half a slab");
}

TEST_F(ReceiveBufferCarryDeathTest, CarryingMoreThanThereIsAborts) {
    static_cast<void>(receiver.writable(account));
    EXPECT_DEATH(static_cast<void>(receiver.take(1, account, 1)), "more than offered");
    EXPECT_DEATH(static_cast<void>(receiver.take_copy(1, account, 1)), "more than offered");
}

}  // namespace
}  // namespace sluice
