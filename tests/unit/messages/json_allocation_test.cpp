#include "sluice/messages/json.hpp"

#include <gtest/gtest.h>

#include "sluice/messages/socket_stats.hpp"
#include "support/count_allocations.hpp"

namespace sluice {
namespace {

TEST(JsonAllocation, TheCounterCounts) {
    const std::size_t before = test::allocations;
    ::operator delete(::operator new(1));
    EXPECT_GE(test::allocations - before, 1u);
}

TEST(JsonAllocation, StatisticsAllocateNothingWhileThereIsRoom) {
    SocketStats stats;
    stats.stage = "a name that is no short string, to be \"escaped\"\n\xFF";
    std::string out;
    append_json(out, stats);  // makes the descriptions
    out.clear();
    const std::size_t before = test::allocations;
    append_json(out, stats);
    EXPECT_EQ(test::allocations - before, 0u);
}

}  // namespace
}  // namespace sluice
