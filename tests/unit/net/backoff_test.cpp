#include "net/backoff.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

TEST(Backoff, DelaysLieBetweenHalfAndAll) {
    for (const std::uint64_t bits : {std::uint64_t{0}, std::uint64_t{1} << 40U, most}) {
        Backoff backoff(100ms, 5s);
        const Duration delay = backoff.next(bits);
        EXPECT_GE(delay, 50ms);
        EXPECT_LE(delay, 100ms);
    }
}

TEST(Backoff, BothEndsOfTheRangeAreReached) {
    EXPECT_EQ(Backoff(100ms, 5s).next(0), 50ms);
    EXPECT_EQ(Backoff(100ms, 5s).next(50'000'000), 100ms);
}

TEST(Backoff, DoublesUpToTheLargest) {
    Backoff backoff(100ms, 700ms);
    EXPECT_EQ(backoff.next(0), 50ms);
    EXPECT_EQ(backoff.next(0), 100ms);
    EXPECT_EQ(backoff.next(0), 200ms);
    EXPECT_EQ(backoff.next(0), 350ms);
    EXPECT_EQ(backoff.next(0), 350ms);
}

TEST(Backoff, ResetBeginsAnew) {
    Backoff backoff(100ms, 5s);
    static_cast<void>(backoff.next(0));
    static_cast<void>(backoff.next(0));
    backoff.reset();
    EXPECT_EQ(backoff.next(0), 50ms);
}

RC_GTEST_PROP(Backoff, EveryDelayIsInItsRange, ()) {
    const auto initial = Duration(*rc::gen::inRange<std::int64_t>(1, 10'000'000'000));
    const auto largest =
        Duration(*rc::gen::inRange<std::int64_t>(initial.count(), 100'000'000'000));
    Backoff backoff(initial, largest);
    Duration current = initial;
    for (int i = 0; i < 40; ++i) {
        const Duration delay = backoff.next(*rc::gen::arbitrary<std::uint64_t>());
        RC_ASSERT(delay >= current / 2);
        RC_ASSERT(delay <= current);
        current = std::min(current * 2, largest);
    }
}

RC_GTEST_PROP(Backoff, DelaysAreSpreadOverTheRange, ()) {
    const auto base = *rc::gen::arbitrary<std::uint64_t>();
    int low = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        // An odd multiplier walks through all numbers evenly.
        low += Backoff(100ms, 5s).next(base + i * 0x9e3779b97f4a7c15U) < 75ms ? 1 : 0;
    }
    RC_ASSERT(low > 350 && low < 650);
}

}  // namespace
}  // namespace sluice::net
