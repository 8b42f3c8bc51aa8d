/// Frames of one length, and whatever one receive brings.
#include "unit/framing/framer_verbs.hpp"

namespace sluice::test {
namespace {

TEST(FixedFramer, ThreeMessagesAreFoundByAnyCut) {
    expect_everywhere("fixed:3", bytes_of("abcdefghi"), "3:616263 3:646566 3:676869 ");
    expect_everywhere("fixed:2,strip:1", bytes_of("abcdef"), "2:62 2:64 2:66 ");
    EXPECT_EQ(found("fixed:2,strip:2", bytes_of("ab")), "2: ");
}

TEST(FixedFramer, CountsWholeFrames) {
    const auto fixed = framer("fixed:3");
    EXPECT_EQ(fixed->count_alike(bytes_of("ab"), 3, 10), 0U);
    EXPECT_EQ(fixed->count_alike(bytes_of("abcdefgh"), 3, 10), 2U);
    EXPECT_EQ(fixed->count_alike(bytes_of("abcdefghi"), 3, 2), 2U);
}

TEST(FixedFramer, BodiesOfAnotherLengthAreRefused) {
    EXPECT_EQ(encoded("fixed:3", "abc"), "616263");
    EXPECT_EQ(encoded("fixed:3", "ab"), "invalid_argument");
    EXPECT_EQ(encoded("fixed:3", "abcd"), "invalid_argument");
    EXPECT_EQ(encoded("fixed:3", "abc", "h"), "invalid_argument");
    EXPECT_EQ(framer("fixed:3")->frame_b_max(), 3U);
}

TEST(RawFramer, EachReceiveIsAMessage) {
    EXPECT_EQ(drive(*framer("raw"), bytes_of("abcde"), {.cuts = {2, 3}}), "2:6162 1:63 2:6465 ");
    EXPECT_EQ(scan("raw", {}).kind, Scan::Kind::need);
}

TEST(RawFramer, AReceiveBeyondTheMaximumIsSeveralMessages) {
    EXPECT_EQ(found("raw,max:2", bytes_of("abcde")), "2:6162 2:6364 1:65 ");
    EXPECT_EQ(encoded("raw,max:2", "ab"), "6162");
    EXPECT_EQ(encoded("raw,max:2", "abc"), "too_large");
    EXPECT_EQ(encoded("raw", ""), "invalid_argument");
}

}  // namespace
}  // namespace sluice::test
