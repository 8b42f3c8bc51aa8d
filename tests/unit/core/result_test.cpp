#include "sluice/core/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sluice {
namespace {

Result<std::string> text() {
    return std::string("text");
}
Result<std::string> failure() {
    return Error(Errc::too_large, "17 of 16 bytes");
}

TEST(Result, HoldsAValue) {
    const Result<std::string> result = text();
    ASSERT_TRUE(result);
    EXPECT_TRUE(result.has_value());
    EXPECT_EQ(*result, "text");
    EXPECT_EQ(result.value(), "text");
    EXPECT_EQ(result->size(), 4U);
    EXPECT_EQ(result.value_or("other"), "text");
}

TEST(Result, HoldsAnError) {
    const Result<std::string> result = failure();
    ASSERT_FALSE(result);
    EXPECT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code(), Errc::too_large);
    EXPECT_EQ(result.error().detail(), "17 of 16 bytes");
    EXPECT_EQ(result.value_or("other"), "other");
}

TEST(Result, ValueCanBeChangedInPlace) {
    Result<std::string> result = text();
    *result += "!";
    result->push_back('?');
    EXPECT_EQ(result.value(), "text!?");
}

TEST(Result, MoveOnlyValueCanBeTakenOut) {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
    const std::unique_ptr<int> taken = *std::move(result);
    EXPECT_EQ(*taken, 7);
}

TEST(Result, ErrorCanBeTheValueOfNoOtherResult) {
    const Result<Errc> code = Errc::closed;
    EXPECT_TRUE(code);
}

TEST(ResultOfVoid, SucceedsUnlessGivenAnError) {
    EXPECT_TRUE(Result<void>());
    const Result<void> result = Error(Errc::closed);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::closed);
}

TEST(ResultDeathTest, ReadingTheWrongSideIsABug) {
    EXPECT_DEATH(static_cast<void>(failure().value()), "value\\(\\) of a Result that holds an err");
    EXPECT_DEATH(static_cast<void>(*failure()), "value\\(\\) of a Result that holds an error");
    EXPECT_DEATH(static_cast<void>(text().error().code()), "error\\(\\) of a Result that holds a");
    EXPECT_DEATH(static_cast<void>(Result<void>().error().code()), "of a Result that succeeded");
}

}  // namespace
}  // namespace sluice
