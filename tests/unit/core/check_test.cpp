#include "sluice/core/check.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Check, EvaluatesItsConditionOnceAndGoesOn) {
    int evaluated = 0;
    SLUICE_CHECK(++evaluated == 1, "counts once");
    EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, AbortsWithPlaceExpressionAndReason) {
    const int used = 17;
    EXPECT_DEATH(SLUICE_CHECK(used <= 16, "the pool holds 16"),
                 "check_test.cpp:[0-9]+: CHECK failed: used <= 16 \\(the pool holds 16\\)");
}

}  // namespace
}  // namespace sluice
