#include "unit/framing/framer_verbs.hpp"

namespace sluice::test {
namespace {

TEST(VarintFramer, ThreeMessagesAreFoundByAnyCut) {
    expect_everywhere("varint,strip:1", from_hex("02 6162 00 01 63"), "3:6162 1: 2:63 ");
    expect_everywhere("varint@1", from_hex("30 03 616263 c0 00 e0 01 64"),
                      "5:3003616263 2:c000 3:e00164 ");
}

TEST(VarintFramer, AVarintCountsAsOneStrippedByte) {
    const std::string body(300, 'x');
    const std::string frame = encoded("varint,strip:1", body);
    EXPECT_EQ(frame.substr(0, 4), "ac02") << "the example of protobuf's documentation";
    EXPECT_EQ(found_hex("varint,strip:1", frame), "302:" + to_hex(bytes_of(body)) + " ");
    EXPECT_EQ(found_hex("varint@1,strip:1", "30 01 61"), "3:0161 ");
    EXPECT_EQ(found_hex("varint@1,strip:2", "30 01 61"), "3:61 ");
    EXPECT_EQ(found_hex("varint,strip:2", "01 61 00"), "2: bad_length@2");
}

// Negative, overlong, and varints of more than 10 bytes are bad lengths.
TEST(VarintFramer, OverlongAndNegativeVarintsAreBadLengths) {
    for (const char* stream : {"8000", "818000", "ffffffffffffffffff01", "80808080808080808001",
                               "ffffffffffffffffffff01", "8080808080808080808000"}) {
        EXPECT_EQ(found_hex("varint", stream), "bad_length@0") << stream;
        EXPECT_EQ(scan("varint", from_hex(stream)).bytes, 0U);
    }
    expect_everywhere("varint", from_hex("0161 ffffffffffffffffff01"), "2:0161 bad_length@2");
}

TEST(VarintFramer, HugeLengthsAreOversizeAndNeverOverflow) {
    const std::pair<const char*, std::uint64_t> streams[] = {
        {"8080808008", (std::uint64_t{1} << 31) + 5},
        {"ffffffff0f", (std::uint64_t{1} << 32) - 1 + 5},
        {"ffffffffffffffff7f", (std::uint64_t{1} << 63) - 1 + 9},
    };
    for (const auto& [stream, claimed_b] : streams) {
        const Scan answer = scan("varint", from_hex(stream));
        EXPECT_EQ(answer.fault, FrameFault::oversize);
        EXPECT_EQ(answer.bytes, claimed_b);
        EXPECT_EQ(answer.claimed_b, claimed_b);
    }
}

TEST(VarintFramer, TheMaximumBitesAtItsByte) {
    EXPECT_EQ(scan("varint,max:131", from_hex("8001")).bytes, 130U);
    EXPECT_EQ(scan("varint,max:131", from_hex("8101")).bytes, 131U);
    EXPECT_EQ(scan("varint,max:131", from_hex("8201")).fault, FrameFault::oversize);
    EXPECT_EQ(encoded("varint,max:131", std::string(129, 'x')).size(), 262U);
    EXPECT_EQ(encoded("varint,max:131", std::string(130, 'x')), "too_large");
}

TEST(VarintFramer, EncodesAHeadAndTheShortestVarint) {
    EXPECT_EQ(encoded("varint@1", "ab", "0"), "30026162");
    EXPECT_EQ(encoded("varint", ""), "00");
    EXPECT_EQ(encoded("varint", std::string(127, 'x')).substr(0, 4), "7f78");
    EXPECT_EQ(encoded("varint", std::string(128, 'x')).substr(0, 6), "800178");
    EXPECT_EQ(encoded("varint@1", "ab"), "invalid_argument");
}

}  // namespace
}  // namespace sluice::test
