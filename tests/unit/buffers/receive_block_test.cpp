#include "sluice/buffers/receive_block.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/buffers/receive_buffer.hpp"
#include "unit/buffers/pool_fixture.hpp"

namespace sluice {
namespace {

using test::as_text;
using test::block_b_min;
using test::header_b;
using test::pool_of;
using test::slab_b;

class ReceiveBlockTest : public testing::Test {
  protected:
    Buffer tail_of(std::string_view text) {
        test::write(*receiver.writable(account), text);
        return receiver.take(text.size(), account);
    }
    static Buffer receive(ReceiveBlock& block, std::string_view text, std::size_t carried_b) {
        test::write(block.writable(), text);
        return block.take(text.size(), carried_b);
    }
    ReceiveBlock open(std::size_t size_b, Buffer& tail) {
        return *ReceiveBlock::open(pool, size_b, tail, account);
    }

    BufferPool pool{pool_of(8)};
    ReceiveBuffer receiver{pool, 1000};
    BufferAccount account = *pool.open_account(100 * slab_b);
};

using ReceiveBlockDeathTest = ReceiveBlockTest;

TEST_F(ReceiveBlockTest, HoldsNothingAtFirst) {
    ReceiveBlock block;
    EXPECT_TRUE(block.writable().empty());
    EXPECT_FALSE(block.continues(Buffer(), 0));
    block.release();
}

TEST_F(ReceiveBlockTest, BeginsWithTheTailWhichBecomesAShareOfIt) {
    Buffer tail = tail_of("begin");
    ReceiveBlock block = open(20'000, tail);
    EXPECT_EQ(as_text(tail), "begin");
    EXPECT_EQ(tail.kept_b(), 2 * slab_b);
    EXPECT_EQ(block.writable().data(), tail.data() + 5);
    EXPECT_EQ(block.writable().size(), 20'000U - 5);
    EXPECT_EQ(account.held_bytes(), 2 * slab_b) << "its slab was let go";
}

TEST_F(ReceiveBlockTest, WhatComesNextStandsBehindTheTail) {
    Buffer tail = tail_of("begin");
    ReceiveBlock block = open(20'000, tail);
    EXPECT_TRUE(block.continues(tail, 20'000));
    EXPECT_FALSE(block.continues(tail, 20'001));
    tail = receive(block, ", middle", tail.size());
    EXPECT_EQ(as_text(tail), "begin, middle");
    EXPECT_TRUE(block.continues(tail, 20'000));
    tail = receive(block, std::string(20'000 - 13, 'e'), tail.size());
    EXPECT_EQ(as_text(tail), "begin, middle" + std::string(20'000 - 13, 'e'));
    EXPECT_TRUE(block.writable().empty());
    EXPECT_FALSE(block.continues(tail, 20'001));
}

TEST_F(ReceiveBlockTest, ATailInsideItContinuesWithTheRestOnly) {
    Buffer none;
    ReceiveBlock block = open(20'000, none);
    const Buffer packet = receive(block, "whole,unfini", 0);
    const Buffer tail = packet.slice(6, 6);
    EXPECT_TRUE(block.continues(tail, 20'000 - 6));
    EXPECT_FALSE(block.continues(tail, 20'000 - 5));
    EXPECT_FALSE(block.continues(packet.slice(0, 6), 10)) << "other bytes stand behind that";
    EXPECT_EQ(as_text(receive(block, "shed", 6)), "unfinished");
}

TEST_F(ReceiveBlockTest, ATailElsewhereDoesNotContinue) {
    Buffer none;
    ReceiveBlock block = open(20'000, none);
    const Buffer packet = receive(block, "unfini", 0);
    EXPECT_FALSE(block.continues(tail_of("unfini"), 10));
    EXPECT_FALSE(block.continues(tail_of("longer than what it has"), 100));
}

TEST_F(ReceiveBlockTest, ReleaseLeavesTheSlices) {
    Buffer tail = tail_of("begin");
    ReceiveBlock block = open(20'000, tail);
    Buffer packet = receive(block, "!", tail.size());
    tail.reset();
    block.release();
    EXPECT_TRUE(block.writable().empty());
    EXPECT_EQ(as_text(packet), "begin!");
    EXPECT_EQ(account.held_bytes(), 2 * slab_b);
    packet.reset();
    EXPECT_EQ(account.held_bytes(), 0U);
}

TEST_F(ReceiveBlockTest, TheWholeSizeClassCanBeUsed) {
    Buffer tail = tail_of("begin");
    ReceiveBlock block = open(20'000, tail);
    block.use_whole();
    EXPECT_EQ(block.writable().size(), 2 * slab_b - header_b - 5);
    EXPECT_TRUE(block.continues(tail, 2 * slab_b - header_b));
    EXPECT_EQ(account.held_bytes(), 2 * slab_b);
}

TEST_F(ReceiveBlockTest, OneThatThePoolHasNotNowLeavesTheTailAlone) {
    Buffer tail = tail_of("begin");
    const std::byte* const stood_at = tail.data();
    std::vector<Buffer> slabs = test::take_all_slabs(pool);
    const std::size_t held = account.held_bytes();
    EXPECT_EQ(ReceiveBlock::open(pool, 20'000, tail, account).error().code(), Errc::would_block);
    EXPECT_EQ(tail.data(), stood_at);
    EXPECT_EQ(account.held_bytes(), held);
    slabs.clear();
    EXPECT_TRUE(ReceiveBlock::open(pool, 20'000, tail, account));
}

TEST_F(ReceiveBlockTest, OneThatThePoolCanNeverHoldIsTooLarge) {
    Buffer tail = tail_of("begin");
    EXPECT_EQ(ReceiveBlock::open(pool, 8 * slab_b, tail, account).error().code(), Errc::too_large);
    EXPECT_EQ(as_text(tail), "begin");
}

TEST_F(ReceiveBlockDeathTest, AbuseAborts) {
    Buffer tail = tail_of("begin");
    EXPECT_DEATH(static_cast<void>(ReceiveBlock::open(pool, 5, tail, account)),
                 "full from the start");
    BufferAccount closed;
    EXPECT_DEATH(static_cast<void>(ReceiveBlock::open(pool, 20'000, tail, closed)), "not open");
    ReceiveBlock block = open(20'000, tail);
    EXPECT_DEATH(static_cast<void>(block.take(0, 0)), "take\\(\\) of nothing");
    EXPECT_DEATH(static_cast<void>(block.take(20'000, 0)), "more than there is");
    EXPECT_DEATH(static_cast<void>(block.take(1, 6)), "more than there is");
}

}  // namespace
}  // namespace sluice
