#include "stages/hex.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
    std::vector<std::byte> all;
    for (const int value : values) {
        all.push_back(static_cast<std::byte>(value));
    }
    return all;
}

std::string complaint(std::string_view text) {
    const Result<std::vector<std::byte>> parsed = parse_hex(text);
    return parsed ? "none" : parsed.error().detail();
}

TEST(Hex, TwoDigitsAreAByteWithSpacesBetween) {
    EXPECT_EQ(*parse_hex(""), bytes({}));
    EXPECT_EQ(*parse_hex("7e"), bytes({0x7e}));
    EXPECT_EQ(*parse_hex("0d0A"), bytes({0x0d, 0x0a}));
    EXPECT_EQ(*parse_hex(" 00  ff FF "), bytes({0, 255, 255}));
}

TEST(Hex, TheWrongCharacterIsNamed) {
    EXPECT_NE(complaint("7e0g").find("has 'g' as character 4"), std::string::npos);
    EXPECT_NE(complaint("0x7e").find("has 'x' as character 2"), std::string::npos);
    EXPECT_NE(complaint("7 e").find("has ' ' as character 2"), std::string::npos);
    EXPECT_NE(complaint("7e\n").find("has byte 0x0a as character 3"), std::string::npos);
    EXPECT_NE(complaint("\xc3\xa4").find("has byte 0xc3 as character 1"), std::string::npos);
}

TEST(Hex, HalfAByteIsRefused) {
    EXPECT_NE(complaint("7e0").find("ends in the middle of a byte"), std::string::npos);
}

}  // namespace
}  // namespace sluice
