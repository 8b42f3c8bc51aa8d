#include "sluice/buffers/buffer_account.hpp"

#include <gtest/gtest.h>

#include <type_traits>
#include <vector>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/buffers/receive_buffer.hpp"
#include "unit/buffers/pool_fixture.hpp"

namespace sluice {
namespace {

using test::block_b_min;
using test::pool_of;
using test::slab_b;
using test::slab_capacity;

static_assert(!std::is_copy_constructible_v<BufferAccount>);

class BufferAccountTest : public testing::Test {
  protected:
    Buffer receive(std::size_t size, BufferAccount& receiving) {
        static_cast<void>(receiver.writable(receiving));
        return receiver.take(size, receiving);
    }
    Buffer receive_copy(std::size_t size, BufferAccount& receiving) {
        static_cast<void>(receiver.writable(receiving));
        return receiver.take_copy(size, receiving);
    }

    BufferPool pool{pool_of(8)};
    ReceiveBuffer receiver{pool, 1000};
    BufferAccount account = *pool.open_account(4 * slab_b);
};

using BufferAccountDeathTest = BufferAccountTest;

TEST_F(BufferAccountTest, IdleItIsChargedWithNothing) {
    EXPECT_EQ(account.held_bytes(), 0u);
    static_cast<void>(receiver.writable(account));
    EXPECT_EQ(account.held_bytes(), 0u);
    EXPECT_EQ(BufferAccount().held_bytes(), 0u);
}

TEST_F(BufferAccountTest, TheFirstSliceOfASlabIsChargedWithAllOfIt) {
    const Buffer first = receive(10, account);
    EXPECT_EQ(account.held_bytes(), slab_b);
    const Buffer second = receive(10, account);
    const Buffer shared = second.share();
    EXPECT_EQ(account.held_bytes(), slab_b);
}

TEST_F(BufferAccountTest, ASlabIsChargedUntilItsLastSliceIsGone) {
    Buffer first = receive(10, account);
    Buffer second = receive(10, account);
    Buffer part = second.slice(5, 5);
    first.reset();
    second.reset();
    EXPECT_EQ(account.held_bytes(), slab_b);
    part.reset();
    EXPECT_EQ(account.held_bytes(), 0u);
    const Buffer again = receive(10, account);
    EXPECT_EQ(account.held_bytes(), slab_b);
}

TEST_F(BufferAccountTest, ASlabIsChargedAlsoAfterTheReceiverMovedOn) {
    Buffer old = receive(slab_capacity, account);
    Buffer current = receive(10, account);
    EXPECT_EQ(account.held_bytes(), 2 * slab_b);
    receiver.release();
    EXPECT_EQ(account.held_bytes(), 2 * slab_b);
    old.reset();
    EXPECT_EQ(account.held_bytes(), slab_b);
    current.reset();
    EXPECT_EQ(account.held_bytes(), 0u);
}

TEST_F(BufferAccountTest, ASlabInWhichTwoHaveSlicesIsChargedToBoth) {
    BufferAccount other = *pool.open_account(slab_b);
    Buffer mine = receive(10, account);
    const Buffer theirs = receive(10, other);
    EXPECT_EQ(account.held_bytes(), slab_b);
    EXPECT_EQ(other.held_bytes(), slab_b);
    mine.reset();
    EXPECT_EQ(account.held_bytes(), 0u);
    EXPECT_EQ(other.held_bytes(), slab_b);
}

TEST_F(BufferAccountTest, ACopiedBlockIsChargedWithItsWholeSize) {
    Buffer copy = receive_copy(100, account);
    EXPECT_EQ(account.held_bytes(), 256u);
    const Buffer shared = copy.share();
    copy.reset();
    EXPECT_EQ(account.held_bytes(), 256u);
}

TEST_F(BufferAccountTest, ClosedItLivesUntilTheLastChargeIsGone) {
    Buffer slice = receive(10, account);
    Buffer copy = receive_copy(10, account);
    receiver.release();
    account = BufferAccount();
    // A slab, its lease, the copy, and the account.
    EXPECT_EQ(pool.statistics().used_b, slab_b + 3 * block_b_min);
    slice.reset();
    EXPECT_EQ(pool.statistics().used_b, 2 * block_b_min);
    copy.reset();
    EXPECT_EQ(pool.statistics().used_b, 0u);
}

TEST_F(BufferAccountTest, AnAccountOpenedInThePlaceOfAClosedOneStartsFromNothing) {
    const Buffer slice = receive(10, account);
    account = *pool.open_account(1);
    EXPECT_EQ(account.held_bytes(), 0u);
    EXPECT_TRUE(pool.has_room(account));
}

TEST_F(BufferAccountTest, MovesWithItsCharges) {
    const Buffer slice = receive(10, account);
    BufferAccount target = std::move(account);
    EXPECT_EQ(target.held_bytes(), slab_b);
    EXPECT_EQ(account.held_bytes(), 0u);
    const Buffer more = receive(10, target);
    EXPECT_EQ(target.held_bytes(), slab_b);
}

TEST_F(BufferAccountTest, HasRoomBelowItsLimitOnly) {
    BufferAccount narrow = *pool.open_account(slab_b + 1);
    EXPECT_TRUE(pool.has_room(narrow));
    const Buffer first = receive(slab_capacity, narrow);
    EXPECT_TRUE(pool.has_room(narrow));
    const Buffer second = receive(slab_capacity, narrow);
    EXPECT_FALSE(pool.has_room(narrow));

    BufferAccount exact = *pool.open_account(slab_b);
    const Buffer all = receive(10, exact);
    EXPECT_FALSE(pool.has_room(exact));
}

TEST_F(BufferAccountTest, ALimitOfNothingIsRefused) {
    EXPECT_EQ(pool.open_account(0).error().code(), Errc::invalid_argument);
}

TEST_F(BufferAccountTest, AnEmptyPoolCannotOpenOne) {
    account = BufferAccount();
    const std::vector<Buffer> slabs = test::take_all_slabs(pool);
    EXPECT_EQ(pool.open_account(1).error().code(), Errc::would_block);
}

TEST_F(BufferAccountDeathTest, OneThatIsNotOpenInThePoolAborts) {
    BufferPool other_pool(pool_of(4));
    const BufferAccount foreign = *other_pool.open_account(1);
    const BufferAccount closed;
    EXPECT_DEATH(static_cast<void>(pool.has_room(foreign)), "not open in this BufferPool");
    EXPECT_DEATH(static_cast<void>(pool.has_room(closed)), "not open in this BufferPool");
    EXPECT_DEATH(static_cast<void>(receiver.writable(foreign)), "not open in this BufferPool");
    EXPECT_DEATH(static_cast<void>(receiver.writable(closed)), "not open in this BufferPool");
}

}  // namespace
}  // namespace sluice
