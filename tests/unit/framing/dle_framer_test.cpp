#include "unit/framing/framer_verbs.hpp"

namespace sluice::test {
namespace {

const std::string mode_ac = "1a31 000000000001 20 1200";
const std::string mode_s_short = "1a32 1a1a0102030405 1a1a 5d4ca2d12345a6";

TEST(DleFramer, ThreeMessagesAreFoundByAnyCut) {
    expect_everywhere("dle:1a", from_hex(mode_ac + mode_s_short + mode_ac),
                      "11:31000000000001201200 18:321a01020304051a5d4ca2d12345a6 "
                      "11:31000000000001201200 ");
}

// What dump1090 sends for the Mode S message 8d4840d6202cc371c32ce0576098.
TEST(DleFramer, ReadsBeast) {
    const std::string frame = "1a33 0000000a1b2c 80 8d4840d6202cc371c32ce0576098";
    EXPECT_EQ(found_hex("dle:1a", frame), "23:330000000a1b2c808d4840d6202cc371c32ce0576098 ");
    EXPECT_EQ(found_hex("dle:1a", "1a34" + std::string(42, '0')),
              "23:34" + std::string(42, '0') + " ");
}

TEST(DleFramer, ASingleEscapeInsideBeginsTheNextFrame) {
    const Scan answer = scan("dle:1a", from_hex("1a32 0001 1a31 000000000001 20 1200"));
    EXPECT_EQ(answer.fault, FrameFault::bad_escape);
    EXPECT_EQ(answer.bytes, 4U);
    EXPECT_TRUE(answer.is_synced);
    const Bytes stream = from_hex("1a32 0001" + mode_ac);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        EXPECT_EQ(drive(*framer("dle:1a"), stream, {.cuts = {cut}, .goes_on = true}),
                  "bad_escape@0+4 11:31000000000001201200 ");
    }
}

TEST(DleFramer, AnUnknownTypeIsNoFrame) {
    EXPECT_EQ(scan("dle:1a", from_hex("1a35 00")).fault, FrameFault::bad_sync);
    EXPECT_EQ(scan("dle:1a", from_hex("1a35 00 1a32")).bytes, 3U);
    EXPECT_EQ(scan("dle:1a", from_hex("00 1a1a31 1a31")).bytes, 4U) << "a doubled one is data";
    EXPECT_EQ(scan("dle:1a", from_hex("0011 1a")).bytes, 2U) << "a type may follow";
}

TEST(DleFramer, AmongNoiseAFrameCountsIfAnotherFollows) {
    const ScanState unsynced{.is_synced = false};
    const Bytes alone = from_hex(mode_ac);
    EXPECT_EQ(scan("dle:1a", alone, unsynced).bytes, 12U);
    EXPECT_EQ(scan("dle:1a", alone, {.is_synced = false, .is_end = true}).kind, Scan::Kind::frame);
    EXPECT_EQ(scan("dle:1a", from_hex(mode_ac + "1a"), unsynced).kind, Scan::Kind::frame);
    EXPECT_EQ(scan("dle:1a", from_hex(mode_ac + "00"), unsynced).fault, FrameFault::bad_sync);
    EXPECT_EQ(scan("dle:1a", from_hex(mode_ac + "00")).kind, Scan::Kind::frame) << "if synced";
    EXPECT_TRUE(framer("dle:1a")->hunts());
}

TEST(DleFramer, EncodesWhatItReads) {
    EXPECT_EQ(encoded("dle:1a", std::string("1\x1a\0\0\0\0\0\x1a\0\0", 10)),
              "1a311a1a00000000001a1a0000");
    EXPECT_EQ(encoded("dle:10", std::string("1\x1a\0\0\0\0\0\0\0\0", 10)),
              "10311a0000000000000000");
    EXPECT_EQ(encoded("dle:1a", "1too short"), "1a31746f6f2073686f7274");
    EXPECT_EQ(encoded("dle:1a", "1short"), "invalid_argument");
    EXPECT_EQ(encoded("dle:1a", "5123456789"), "invalid_argument");
    EXPECT_EQ(encoded("dle:1a", ""), "invalid_argument");
}

}  // namespace
}  // namespace sluice::test
