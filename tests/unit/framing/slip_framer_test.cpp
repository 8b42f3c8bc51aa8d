#include "unit/framing/framer_verbs.hpp"

namespace sluice::test {
namespace {

TEST(SlipFramer, ThreeMessagesAreFoundByAnyCut) {
    expect_everywhere("slip", from_hex("c0 01dbdc02 c0 c0 dbdd c0 03 c0"), "6:01c002 4:db 2:03 ");
}

TEST(SlipFramer, ARunOfEndsBelongsToTheFrameBehindIt) {
    EXPECT_EQ(found_hex("slip", "c0c0c0 61 c0 c0"), "5:61 truncated@5");
    EXPECT_EQ(scan("slip", from_hex("c0c0c0"), {.seen_b = 2}).bytes, 4U);
}

TEST(SlipFramer, WhatIsNoEscapeEndsWithItsFrame) {
    for (const char* stream : {"dbc0", "61db62c0", "dbdbdcc0", "c0dbc0"}) {
        const Scan answer = scan("slip", from_hex(stream));
        EXPECT_EQ(answer.fault, FrameFault::bad_escape) << stream;
        EXPECT_EQ(answer.bytes, from_hex(stream).size());
        EXPECT_TRUE(answer.is_synced);
    }
    expect_everywhere("slip", from_hex("61 c0 db61 c0 62 c0"), "2:61 bad_escape@2");
}

TEST(SlipFramer, BehindAnOversizeFrameTheNextEndIsLookedFor) {
    const Bytes stream = from_hex("616263646566 c0 6768 c0");
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        EXPECT_EQ(drive(*framer("slip,max:4"), stream, {.cuts = {cut}, .goes_on = true}),
                  "oversize@0+7 3:6768 ");
    }
    EXPECT_EQ(scan("slip,max:4", from_hex("616263c0")).bytes, 4U) << "limit";
    EXPECT_EQ(scan("slip,max:4", from_hex("61626364c0")).fault, FrameFault::oversize);
    EXPECT_EQ(scan("slip,max:4", from_hex("6162"), {.is_synced = false}).bytes, 2U);
}

TEST(SlipFramer, EncodesWithAnEndOnBothSides) {
    EXPECT_EQ(encoded("slip", "a\xc0\xdb"), "c061dbdcdbddc0");
    EXPECT_EQ(encoded("slip", ""), "invalid_argument") << "RFC 1055 has no empty frame";
    EXPECT_EQ(encoded("slip,max:4", "\xc0"), "c0dbdcc0");
    EXPECT_EQ(encoded("slip,max:4", "a\xc0"), "too_large");
    EXPECT_FALSE(framer("slip")->enclose({}, {}));
}

}  // namespace
}  // namespace sluice::test
