#include "sluice/buffers/buffer.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "sluice/buffers/buffer_pool.hpp"
#include "unit/buffers/pool_fixture.hpp"

namespace sluice {
namespace {

using test::as_bytes;
using test::as_text;
using test::pool_of;

static_assert(!std::is_copy_constructible_v<Buffer> && !std::is_copy_assignable_v<Buffer>);
static_assert(std::is_nothrow_move_constructible_v<Buffer> &&
              std::is_nothrow_move_assignable_v<Buffer>);

class BufferTest : public testing::Test {
  protected:
    Buffer make(std::string_view text) {
        Buffer buffer = *pool.acquire(text.size());
        test::write(buffer.writable(), text);
        return buffer;
    }
    std::size_t blocks() const { return pool.statistics().blocks; }

    BufferPool pool{pool_of(4)};
};

using BufferDeathTest = BufferTest;

void ignore(void*, std::span<const std::byte>) noexcept {}

TEST_F(BufferTest, DefaultConstructedHoldsNothing) {
    const Buffer buffer;
    EXPECT_TRUE(buffer.empty());
    EXPECT_EQ(buffer.size(), 0u);
    EXPECT_TRUE(buffer.share().empty());
    EXPECT_TRUE(buffer.slice(0, 0).empty());
}

TEST_F(BufferTest, ShareLooksAtTheSameBytes) {
    const Buffer buffer = make("abcdef");
    const Buffer other = buffer.share();
    EXPECT_EQ(other.data(), buffer.data());
    EXPECT_EQ(as_text(other), "abcdef");
    EXPECT_EQ(blocks(), 1u);
}

TEST_F(BufferTest, SliceLooksAtAPart) {
    const Buffer buffer = make("abcdef");
    EXPECT_EQ(as_text(buffer.slice(1, 3)), "bcd");
    EXPECT_EQ(as_text(buffer.slice(0, 6)), "abcdef");
    EXPECT_EQ(as_text(buffer.slice(1, 3).slice(1, 2)), "cd");
    EXPECT_TRUE(buffer.slice(6, 0).empty());
}

TEST_F(BufferTest, TheBlockGoesHomeWithTheLastShare) {
    Buffer buffer = make("abcdef");
    Buffer part = buffer.slice(2, 2);
    buffer.reset();
    EXPECT_EQ(blocks(), 1u);
    EXPECT_EQ(as_text(part), "cd");
    part.reset();
    EXPECT_EQ(blocks(), 0u);
}

TEST_F(BufferTest, AnEmptySliceIsAShareToo) {
    Buffer buffer = make("abcdef");
    const Buffer nothing = buffer.slice(3, 0);
    buffer.reset();
    EXPECT_EQ(blocks(), 1u);
}

TEST_F(BufferTest, MovingLeavesNothingBehind) {
    Buffer source = make("abcdef");
    Buffer target = std::move(source);
    EXPECT_TRUE(source.empty());
    EXPECT_EQ(as_text(target), "abcdef");
    source.reset();
    EXPECT_EQ(blocks(), 1u);
}

TEST_F(BufferTest, AssigningGivesTheOldShareBack) {
    Buffer buffer = make("old");
    buffer = make("new");
    EXPECT_EQ(as_text(buffer), "new");
    EXPECT_EQ(blocks(), 1u);
    Buffer& itself = buffer;
    buffer = std::move(itself);
    EXPECT_EQ(as_text(buffer), "new");
}

TEST_F(BufferTest, ResetGivesTheShareBackNow) {
    Buffer buffer = make("abcdef");
    buffer.reset();
    EXPECT_TRUE(buffer.empty());
    EXPECT_EQ(buffer.data(), nullptr);
    EXPECT_EQ(blocks(), 0u);
    buffer.reset();
}

TEST_F(BufferTest, TruncateKeepsTheFront) {
    Buffer buffer = make("abcdef");
    buffer.truncate(4);
    EXPECT_EQ(as_text(buffer), "abcd");
    buffer.truncate(0);
    EXPECT_TRUE(buffer.empty());
    EXPECT_EQ(blocks(), 1u);
}

TEST_F(BufferTest, DropFrontKeepsTheRest) {
    Buffer buffer = make("abcdef");
    buffer.drop_front(2);
    EXPECT_EQ(as_text(buffer), "cdef");
    buffer.drop_front(4);
    EXPECT_TRUE(buffer.empty());
    EXPECT_EQ(blocks(), 1u);
}

TEST_F(BufferTest, JoinsWhatFollowsInTheSameBlock) {
    const Buffer buffer = make("abcdef");
    Buffer front = buffer.slice(0, 2);
    Buffer back = buffer.slice(2, 3);
    EXPECT_TRUE(front.join(back));
    EXPECT_EQ(as_text(front), "abcde");
    EXPECT_EQ(front.data(), buffer.data());
    EXPECT_EQ(back.data(), nullptr);
}

TEST_F(BufferTest, JoinsNothingElse) {
    const Buffer buffer = make("abcdef");
    Buffer front = buffer.slice(0, 2);
    Buffer gap = buffer.slice(3, 1);
    Buffer overlap = buffer.slice(1, 3);
    Buffer other = make("abcdef");
    Buffer nothing;
    EXPECT_FALSE(front.join(gap));
    EXPECT_FALSE(front.join(overlap));
    EXPECT_FALSE(front.join(other));
    EXPECT_FALSE(front.join(nothing));
    EXPECT_FALSE(nothing.join(front));
    EXPECT_EQ(as_text(front), "ab");
    EXPECT_EQ(as_text(gap), "d");
    EXPECT_EQ(as_text(other), "abcdef");
}

TEST_F(BufferTest, NeighboursOfDifferentBlocksAreNotJoined) {
    const std::string_view memory = "abcdef";
    Buffer front = *pool.wrap(as_bytes(memory.substr(0, 3)), ignore, nullptr);
    Buffer back = *pool.wrap(as_bytes(memory.substr(3)), ignore, nullptr);
    EXPECT_FALSE(front.join(back));
}

TEST_F(BufferTest, ExtendsIntoTheRoomOfItsBlock) {
    Buffer buffer = make("abcdef");
    buffer.truncate(3);
    EXPECT_EQ(buffer.room().size(), test::block_b_min - test::header_b - 3);
    test::write(buffer.room(), "xyz");
    buffer.extend(2);
    EXPECT_EQ(as_text(buffer), "abcxy");
    buffer.extend(buffer.room().size());
    EXPECT_EQ(buffer.size(), test::block_b_min - test::header_b);
}

TEST_F(BufferTest, HasNoRoomWhileSharedOrLent) {
    Buffer buffer = make("abcdef");
    Buffer other = buffer.share();
    EXPECT_TRUE(buffer.room().empty());
    other.reset();
    EXPECT_FALSE(buffer.room().empty());
    EXPECT_TRUE(other.room().empty());
    Buffer lent = *pool.wrap(as_bytes("lent"), ignore, nullptr);
    EXPECT_TRUE(lent.room().empty());
}

TEST_F(BufferTest, WritableAgainOnceTheOtherShareIsGone) {
    Buffer buffer = make("abcdef");
    Buffer part = buffer.slice(2, 2);
    buffer.reset();
    test::write(part.writable(), "XY");
    EXPECT_EQ(as_text(part), "XY");
}

TEST_F(BufferDeathTest, WritingSharedBytesAborts) {
    Buffer buffer = make("abcdef");
    const Buffer other = buffer.share();
    EXPECT_DEATH(static_cast<void>(buffer.writable()), "shared bytes");
}

TEST_F(BufferDeathTest, WritingNothingOrLentMemoryAborts) {
    Buffer nothing;
    EXPECT_DEATH(static_cast<void>(nothing.writable()), "not a pool's");
    Buffer lent = *pool.wrap(as_bytes("lent"), ignore, nullptr);
    EXPECT_DEATH(static_cast<void>(lent.writable()), "not a pool's");
}

TEST_F(BufferDeathTest, SlicesOutsideAbort) {
    const Buffer buffer = make("abcdef");
    EXPECT_DEATH(static_cast<void>(buffer.slice(0, 7)), "a slice outside");
    EXPECT_DEATH(static_cast<void>(buffer.slice(7, 0)), "a slice outside");
    // The sum would wrap around to 1.
    EXPECT_DEATH(static_cast<void>(buffer.slice(2, static_cast<std::size_t>(-1))),
                 "a slice outside");
}

TEST_F(BufferDeathTest, TruncateToMoreAborts) {
    Buffer buffer = make("abcdef");
    EXPECT_DEATH(buffer.truncate(7), "truncate to more");
}

TEST_F(BufferDeathTest, DroppingOrTakingInMoreThanThereIsAborts) {
    Buffer buffer = make("abcdef");
    EXPECT_DEATH(buffer.drop_front(7), "more than there is");
    EXPECT_DEATH(buffer.extend(buffer.room().size() + 1), "more than there is room");
}

}  // namespace
}  // namespace sluice
