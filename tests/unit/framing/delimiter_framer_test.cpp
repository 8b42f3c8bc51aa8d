#include "unit/framing/framer_verbs.hpp"

namespace sluice::test {
namespace {

TEST(DelimiterFramer, ThreeMessagesAreFoundByAnyCut) {
    expect_everywhere("lines", bytes_of("ab\r\n\ncd\n"), "4:6162 1: 3:6364 ");
    expect_everywhere("delimiter:0d0a", bytes_of("a\r\n\r\nb\rc\r\n"), "3:61 2: 5:620d63 ");
    expect_everywhere("delimiter:616162,keep", bytes_of("aaabcaabaab"),
                      "4:61616162 4:63616162 3:616162 ");
}

TEST(DelimiterFramer, ACarriageReturnBelongsToTheEndOfALine) {
    EXPECT_EQ(found("lines", bytes_of("a\r\r\n")), "4:610d ");
    EXPECT_EQ(found("lines", bytes_of("\r\n")), "2: ");
    EXPECT_EQ(found("delimiter:0a", bytes_of("a\r\n")), "3:610d ");
    EXPECT_EQ(found("lines,keep", bytes_of("a\r\n")), "3:610d0a ");
}

TEST(DelimiterFramer, ReadsSentencesOfNmea) {
    const std::string sentence = "$GPGLL,4916.45,N,12311.12,W,225444,A,*1D";
    EXPECT_EQ(found("lines", bytes_of(sentence + "\r\n" + sentence + "\r\n")),
              "42:" + to_hex(bytes_of(sentence)) + " 42:" + to_hex(bytes_of(sentence)) + " ");
}

// Delimiter framing without delimiter ends at the limit.
TEST(DelimiterFramer, WithoutADelimiterTheMaximumEndsIt) {
    expect_everywhere("delimiter:0d0a,max:5", bytes_of("abc\r\nabcd\r\n"), "5:616263 oversize@5");
    const Scan answer = scan("delimiter:0d0a,max:5", bytes_of("abcd\r\n"));
    EXPECT_EQ(answer.bytes, 4U) << "what may begin the delimiter stays";
    EXPECT_FALSE(answer.is_synced);
    EXPECT_EQ(answer.claimed_b, 0U);
}

TEST(DelimiterFramer, BehindAnOversizeFrameTheNextDelimiterIsLookedFor) {
    const Bytes stream = bytes_of("abcdefgh\r\nxy\r\n");
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        EXPECT_EQ(drive(*framer("delimiter:0d0a,max:5"), stream, {.cuts = {cut}, .goes_on = true}),
                  "oversize@0+10 4:7879 ");
    }
}

TEST(DelimiterFramer, WhileNotSyncedAllUpToADelimiterIsNoFrame) {
    const ScanState unsynced{.is_synced = false};
    Scan answer = scan("delimiter:0d0a", bytes_of("ab\r\ncd"), unsynced);
    EXPECT_EQ(answer.fault, FrameFault::bad_sync);
    EXPECT_EQ(answer.bytes, 4U);
    EXPECT_TRUE(answer.is_synced);
    answer = scan("delimiter:0d0a", bytes_of("ab\r"), unsynced);
    EXPECT_EQ(answer.bytes, 2U);
    EXPECT_FALSE(answer.is_synced);
    EXPECT_EQ(scan("delimiter:0d0a", bytes_of("\r"), unsynced).kind, Scan::Kind::need);
}

TEST(DelimiterFramer, ASearchGoesOnWhereItStopped) {
    // The first delimiter would be found if it did not.
    EXPECT_EQ(scan("delimiter:0a", bytes_of("a\nb\n"), {.seen_b = 2}).bytes, 4U);
    EXPECT_EQ(scan("delimiter:0d0a", bytes_of("a\r\n"), {.seen_b = 2}).bytes, 3U);
}

TEST(DelimiterFramer, AFrameShorterThanWhatIsStrippedIsABadLengthWithAnEnd) {
    const Scan answer = scan("delimiter:0a,strip:2", bytes_of("a\n"));
    EXPECT_EQ(answer.fault, FrameFault::bad_length);
    EXPECT_EQ(answer.bytes, 2U);
    EXPECT_TRUE(answer.is_synced);
}

TEST(DelimiterFramer, BodiesThatWouldBeFoundOtherwiseAreRefused) {
    EXPECT_EQ(encoded("delimiter:0d0a", "abc"), "6162630d0a");
    EXPECT_EQ(encoded("delimiter:0d0a", ""), "0d0a");
    EXPECT_EQ(encoded("delimiter:0d0a", "a\r\nb"), "invalid_argument");
    EXPECT_EQ(encoded("delimiter:6161", "ba"), "invalid_argument") << "it would end early";
    EXPECT_EQ(encoded("lines", "a\r"), "invalid_argument") << "the return would be lost";
    EXPECT_EQ(encoded("lines,max:3", "ab"), "61620a");
    EXPECT_EQ(encoded("lines,max:3", "abc"), "too_large");
    const Bytes first = bytes_of("a\r");
    const Bytes second = bytes_of("\nb");
    const std::array<std::span<const std::byte>, 2> pieces{first, second};
    EXPECT_FALSE(encode(*framer("delimiter:0d0a"), {}, pieces)) << "across two pieces";
}

}  // namespace
}  // namespace sluice::test
