#include "net/event_loop_state.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::net {
namespace {

class Nothing final : public LoopHandler {};

TEST(HandlerTable, ATokenFindsItsHandler) {
    HandlerTable table;
    Nothing first;
    Nothing second;
    const std::uint64_t one = table.add(first);
    const std::uint64_t two = table.add(second);
    EXPECT_EQ(table.find(one), &first);
    EXPECT_EQ(table.find(two), &second);
    EXPECT_FALSE(table.empty());
}

TEST(HandlerTable, ALateTokenFindsNobodyAlsoWhenTheSlotIsUsedAgain) {
    HandlerTable table;
    Nothing first;
    Nothing second;
    const std::uint64_t late = table.add(first);
    table.remove(late);
    EXPECT_EQ(table.find(late), nullptr);
    const std::uint64_t fresh = table.add(second);
    EXPECT_EQ(static_cast<std::uint32_t>(fresh), static_cast<std::uint32_t>(late))
        << "the same slot";
    EXPECT_EQ(table.find(late), nullptr);
    table.remove(late);
    EXPECT_EQ(table.find(fresh), &second) << "a late remove takes nobody away";
}

TEST(HandlerTable, NoTokenFindsNobody) {
    HandlerTable table;
    EXPECT_EQ(table.find(HandlerTable::no_token), nullptr);
    EXPECT_EQ(table.find(0), nullptr);
    table.remove(HandlerTable::no_token);
    Nothing handler;
    table.remove(table.add(handler));
    EXPECT_EQ(table.find(HandlerTable::no_token), nullptr);
    EXPECT_TRUE(table.empty());
}

TEST(HandlerTable, SlotsAreReused) {
    HandlerTable table;
    Nothing handler;
    std::vector<std::uint64_t> tokens;
    for (int i = 0; i < 100; ++i) {
        tokens.push_back(table.add(handler));
        table.remove(tokens.back());
        EXPECT_EQ(static_cast<std::uint32_t>(tokens.back()), 0U);
    }
    EXPECT_TRUE(table.empty());
}

}  // namespace
}  // namespace sluice::net
