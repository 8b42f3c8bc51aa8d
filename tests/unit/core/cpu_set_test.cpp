#include "sluice/core/cpu_set.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>
#include <string>
#include <utility>

namespace sluice {
namespace {

CpuSet cpus(std::initializer_list<int> numbers) {
    CpuSet set;
    for (const int cpu : numbers) {
        set.add(cpu);
    }
    return set;
}

TEST(CpuSet, ParsesNumbersAndRanges) {
    EXPECT_EQ(CpuSet::parse("0").value(), cpus({0}));
    EXPECT_EQ(CpuSet::parse("0,2-3").value(), cpus({0, 2, 3}));
    EXPECT_EQ(CpuSet::parse("3-3").value(), cpus({3}));
    EXPECT_EQ(CpuSet::parse("1023").value(), cpus({1023}));
    EXPECT_EQ(CpuSet::parse("5,1,5,0-1").value(), cpus({0, 1, 5}));
}

TEST(CpuSet, RefusesWithWhatWasGivenAndWhatIsAllowed) {
    for (const std::string text : {"", ",", "0,", ",0", "3-2", "-1", "1-", "1--2", "1024", "0-1024",
                                   "99999999999", "a", "0;1", "0 ,1", "+1", "0x1", "1-2-3"}) {
        const Result<CpuSet> set = CpuSet::parse(text);
        ASSERT_FALSE(set) << text;
        EXPECT_EQ(set.error().code(), Errc::invalid_argument);
        EXPECT_NE(set.error().detail().find("\"" + text + "\""), std::string::npos);
        EXPECT_NE(set.error().detail().find("from 0 to 1023"), std::string::npos);
    }
}

TEST(CpuSet, PrintsTheShortestText) {
    EXPECT_EQ(CpuSet().to_string(), "");
    EXPECT_EQ(cpus({3, 2, 0}).to_string(), "0,2-3");
    EXPECT_EQ(cpus({1022, 1023}).to_string(), "1022-1023");
    EXPECT_EQ(CpuSet::parse("0-1023").value().to_string(), "0-1023");
}

TEST(CpuSet, ContainsOnlyWhatWasAdded) {
    EXPECT_TRUE(CpuSet().empty());
    const CpuSet set = cpus({0, 1023});
    EXPECT_FALSE(set.empty());
    EXPECT_TRUE(set.contains(0));
    EXPECT_TRUE(set.contains(1023));
    for (const int absent : {-1, 1, 1022, 1024}) {
        EXPECT_FALSE(set.contains(absent)) << absent;
    }
}

TEST(CpuSet, KnowsSubsets) {
    EXPECT_TRUE(CpuSet().is_subset_of(CpuSet()));
    EXPECT_TRUE(cpus({1}).is_subset_of(cpus({0, 1})));
    EXPECT_FALSE(cpus({0, 1}).is_subset_of(cpus({1})));
}

TEST(CpuSetProperty, WhatIsPrintedParsesToTheSameSet) {
    EXPECT_TRUE(
        rc::check([](const std::set<std::uint8_t>& low, const std::set<std::uint8_t>& high) {
            CpuSet set;
            set.add(0);
            for (const int cpu : low) {
                set.add(cpu);
            }
            for (const int cpu : high) {
                set.add(CpuSet::capacity - 1 - cpu);
            }
            RC_ASSERT(CpuSet::parse(set.to_string()).value() == set);
        }));
}

}  // namespace
}  // namespace sluice
