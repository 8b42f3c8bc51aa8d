#include "app/figures.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "sluice/messages/socket_stats.hpp"

namespace sluice::app {
namespace {

TEST(Figures, DigitsAreGroupedByThousands) {
    EXPECT_EQ(grouped_digits(0), "0");
    EXPECT_EQ(grouped_digits(999), "999");
    EXPECT_EQ(grouped_digits(1000), "1,000");
    EXPECT_EQ(grouped_digits(1'234'567), "1,234,567");
    EXPECT_EQ(grouped_digits(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Figures, TrafficHasDecimalUnitsAndNeverMoreThanThreeDigitsBeforeThem) {
    EXPECT_EQ(traffic_bytes(0), "0 B");
    EXPECT_EQ(traffic_bytes(999), "999 B");
    EXPECT_EQ(traffic_bytes(999.6), "1.0 kB");
    EXPECT_EQ(traffic_bytes(4.9e6), "4.9 MB");
    EXPECT_EQ(traffic_bytes(99.96e6), "100 MB");
    EXPECT_EQ(traffic_bytes(999.9e6), "1.0 GB");
    EXPECT_EQ(traffic_bytes(1.2e9), "1.2 GB");
    EXPECT_EQ(traffic_bytes(5e21), "5000 EB");
}

TEST(Figures, TheClockIsThatOfTheMachine) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    EXPECT_EQ(clock_time(SystemTime(std::chrono::seconds(43'201))), "12:00:01");
}

TEST(Figures, OnlyCountsThatAreNotZeroAreTold) {
    EXPECT_EQ(counts_text(DisconnectCounts{}), "none");
    EXPECT_EQ(counts_text(DisconnectCounts{.peer_closed = 1200, .stopped = 1}),
              "peer_closed 1,200, stopped 1");
}

}  // namespace
}  // namespace sluice::app
