#include "unit/framing/framer_verbs.hpp"

namespace sluice::test {
namespace {

std::string run(int first, int last) {
    std::string text;
    for (int i = first; i <= last; ++i) {
        text += static_cast<char>(i);
    }
    return text;
}

TEST(CobsFramer, ThreeMessagesAreFoundByAnyCut) {
    expect_everywhere("cobs", from_hex("031122023300 0100 021100"), "6:11220033 2: 3:11 ");
}

// The examples of the paper and of Wikipedia's article, in both directions.
TEST(CobsFramer, KnownFramesAreWrittenAndRead) {
    const std::pair<std::string, std::string> known[] = {
        {"00", "010100"},
        {"0000", "01010100"},
        {"00110000", "010211010100"},
        {"11220033", "031122023300"},
        {"11223344", "051122334400"},
        {"11000000", "021101010100"},
        {"", "0100"},
    };
    for (const auto& [body, frame] : known) {
        const Bytes bytes = from_hex(body);
        EXPECT_EQ(to_hex(*encode(*framer("cobs"), {}, bytes)), frame);
        EXPECT_EQ(found_hex("cobs", frame), std::to_string(frame.size() / 2) + ":" + body + " ");
    }
}

TEST(CobsFramer, RunsOf254NeedNoZero) {
    const std::string full = run(1, 254);
    EXPECT_EQ(encoded("cobs", full), "ff" + to_hex(bytes_of(full)) + "00");
    EXPECT_EQ(encoded("cobs", full + "\xff"), "ff" + to_hex(bytes_of(full)) + "02ff00");
    EXPECT_EQ(encoded("cobs", std::string(1, '\0') + full), "01ff" + to_hex(bytes_of(full)) + "00");
    EXPECT_EQ(found_hex("cobs", "ff" + to_hex(bytes_of(full)) + "0100"),
              "257:" + to_hex(bytes_of(full)) + " ")
        << "some encoders end a full run with an empty one";
}

TEST(CobsFramer, ACodeBeyondTheEndIsABadEscape) {
    const Scan answer = scan("cobs", from_hex("05 1122 00 0100"));
    EXPECT_EQ(answer.fault, FrameFault::bad_escape);
    EXPECT_EQ(answer.bytes, 4U);
    EXPECT_TRUE(answer.is_synced);
    EXPECT_EQ(drive(*framer("cobs"), from_hex("05112200 0211 00"), {.goes_on = true}),
              "bad_escape@0+4 3:11 ");
}

TEST(CobsFramer, TheMaximumBitesAtItsByte) {
    EXPECT_EQ(scan("cobs,max:4", from_hex("03616200")).bytes, 4U);
    EXPECT_EQ(scan("cobs,max:4", from_hex("0461626300")).fault, FrameFault::oversize);
    EXPECT_EQ(encoded("cobs,max:4", "ab"), "03616200");
    EXPECT_EQ(encoded("cobs,max:4", "abc"), "too_large");
}

}  // namespace
}  // namespace sluice::test
