#include "sluice/core/utf8.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sluice {
namespace {

using std::string_view_literals::operator""sv;

std::string units(std::string_view text) {
    std::string found;
    while (!text.empty()) {
        const Utf8Front front = utf8_front(text);
        found += std::to_string(front.size) + (front.is_valid ? " " : "! ");
        text.remove_prefix(front.size);
    }
    return found;
}

TEST(Utf8, CharactersHaveOneToFourBytes) {
    EXPECT_EQ(units("a\0\x7F"sv), "1 1 1 ");
    EXPECT_EQ(units("\xC2\x80\xDF\xBF"), "2 2 ");
    EXPECT_EQ(units("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"), "3 3 3 3 ");
    EXPECT_EQ(units("\xF0\x90\x80\x80\xF1\x80\x80\x80\xF4\x8F\xBF\xBF"), "4 4 4 ");
}

TEST(Utf8, OverlongFormsSurrogatesAndBeyondAreInvalid) {
    EXPECT_EQ(units("\xC0\x80\xC1\xBF"), "1! 1! 1! 1! ");
    EXPECT_EQ(units("\xE0\x9F\xBF"), "1! 1! 1! ");
    EXPECT_EQ(units("\xED\xA0\x80"), "1! 1! 1! ");
    EXPECT_EQ(units("\xF0\x8F\xBF\xBF"), "1! 1! 1! 1! ");
    EXPECT_EQ(units("\xF4\x90\x80\x80"), "1! 1! 1! 1! ");
    EXPECT_EQ(units("\xF5\xFF\x80"), "1! 1! 1! ");
}

TEST(Utf8, WhatIsCutShortIsOneUnit) {
    EXPECT_EQ(units("\xF0\x90\x80"), "3! ");
    EXPECT_EQ(units("\xE2\x82z"), "2! 1 ");
    EXPECT_EQ(units("\xC3"), "1! ");
    // The standard's own example, table 3-8.
    EXPECT_EQ(units("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
              "1 3! 2! 1! 1 1! 1 1! 1! 1 ");
}

}  // namespace
}  // namespace sluice
