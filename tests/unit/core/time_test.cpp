#include "sluice/core/time.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime at(Duration since_start) {
    return SteadyTime(since_start);
}

TEST(SaturatingAdd, AddsWhatFits) {
    EXPECT_EQ(saturating_add(at(5s), 2s), at(7s));
    EXPECT_EQ(saturating_add(at(5s), -7s), at(-2s));
    EXPECT_EQ(saturating_add(never, 0s), never);
    EXPECT_EQ(saturating_add(never - 1ns, 1ns), never);
    EXPECT_EQ(saturating_add(never - 2ns, 1ns), never - 1ns);
}

TEST(SaturatingAdd, BeyondTheEndOfTimeIsNever) {
    EXPECT_EQ(saturating_add(at(5s), Duration::max()), never);
    EXPECT_EQ(saturating_add(never, 1ns), never);
    EXPECT_EQ(saturating_add(never, Duration::max()), never);
}

TEST(SaturatingAdd, TimesBeforeTheStartDoNotOverflow) {
    EXPECT_EQ(saturating_add(at(-5s), 7s), at(2s));
    EXPECT_EQ(saturating_add(at(-1ns), Duration::max()), never - 1ns);
}

TEST(SystemTime, CountsNanosecondsSinceTheEpoch) {
    EXPECT_EQ(nanoseconds_since_epoch(SystemTime(1s + 2ns)), 1'000'000'002);
}

}  // namespace
}  // namespace sluice
