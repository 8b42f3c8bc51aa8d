#include "sluice/core/hex_dump.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace sluice {
namespace {

std::string dump(std::uint64_t offset, std::string_view bytes) {
    std::string out;
    append_hex_dump(out, offset, std::as_bytes(std::span(bytes)));
    return out;
}

TEST(HexDump, LooksLikeHexdump) {
    EXPECT_EQ(dump(0, "0123456789abcdef"),
              "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n");
}

TEST(HexDump, ShortLineIsFilledUp) {
    EXPECT_EQ(dump(7, "A\r\x7f\xff"),
              "00000007  41 0d 7f ff                                       |A...|\n");
}

TEST(HexDump, EachLineHasItsOffset) {
    const std::string text = dump(0xfffffff8, std::string(17, 'x'));
    EXPECT_EQ(text.substr(0, 10), "fffffff8  ");
    EXPECT_EQ(text.substr(text.find('\n') + 1),
              "0000000100000008  78                                                |x|\n");
}

TEST(HexDump, NothingIsNoLine) {
    EXPECT_EQ(dump(5, ""), "");
}

}  // namespace
}  // namespace sluice
