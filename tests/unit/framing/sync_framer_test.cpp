#include "unit/framing/framer_verbs.hpp"

namespace sluice::test {
namespace {

const char* const ubx = "sync:b562,length:u16le@4,adjust:2,checksum:fletcher8@2";
const char* const rtcm = "sync:d3,length:u16be@1,adjust:3,checksum:crc24q,strip:3,strip_checksum";
const char* const bare = "sync:55aa,length:u8@2";  // without a checksum
const ScanState unsynced{.seen_b = 0, .is_synced = false, .is_end = false};

// The acknowledgement of CFG-MSG and the poll of MON-VER, as in u-blox' documents.
const std::string ack = "b562 0501 0200 0601 0f38";
const std::string poll = "b562 0a04 0000 0e34";

TEST(SyncFramer, ThreeMessagesAreFoundByAnyCut) {
    expect_everywhere(ubx, from_hex(ack + poll + poll),
                      "10:b562050102000601"
                      "0f38 8:b5620a0400000e34 8:b5620a0400000e34 ");
    expect_everywhere(bare, from_hex("55aa 02 6162 55aa 00 55aa 01 63"),
                      "5:55aa026162 3:55aa00 4:55aa0163 ");
}

// A message 1005 of RTCM 3, the example of the standard.
TEST(SyncFramer, ReadsRtcm) {
    const std::string body = "3ed7d30202980edeef34b4bd62ac0941986f33";
    EXPECT_EQ(found_hex(rtcm, "d30013" + body + "360b98"), "25:" + body + " ");
    EXPECT_EQ(found_hex(rtcm, "d30013" + body + "360b99"), "bad_checksum@0");
    EXPECT_EQ(to_hex(*encode(*framer(rtcm), {}, from_hex(body))), "d30013" + body + "360b98");
}

TEST(SyncFramer, ReadsNovatel) {
    const char* const oem4 = "sync:aa4412,length:u16le@8,adjust:22,checksum:crc32_novatel";
    const std::string head = "1c 2a00 02 20";  // the header's length, BESTPOS, a type, a port
    const Bytes rest(18 + 8, std::byte{7});    // the rest of the header, and 8 bytes of message
    const Result<Bytes> frame = encode(*framer(oem4), from_hex(head), rest);
    ASSERT_TRUE(frame);
    EXPECT_EQ(to_hex(*frame).substr(0, 20), "aa44121c2a0002200800");
    EXPECT_EQ(frame->size(), 28U + 8 + 4);
    EXPECT_EQ(found(oem4, *frame), "40:" + to_hex(*frame) + " ");
}

TEST(SyncFramer, GarbageInFrontIsSkippedUpToTheSyncBytes) {
    EXPECT_EQ(scan(ubx, from_hex("00b500b562")).bytes, 3U);
    EXPECT_EQ(scan(ubx, from_hex("0000b5")).bytes, 2U) << "sync bytes may be cut";
    EXPECT_EQ(scan(ubx, from_hex("00b5"), unsynced).fault, FrameFault::bad_sync);
    EXPECT_EQ(scan(ubx, from_hex("b5")).kind, Scan::Kind::need);
    const Bytes stream = from_hex("0102b5" + ack + "ffb5" + poll);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        EXPECT_EQ(drive(*framer(ubx), stream, {.cuts = {cut}, .is_synced = false, .goes_on = true}),
                  "bad_sync@0+3 10:b5620501020006010f38 bad_sync@13+2 8:b5620a0400000e34 ");
    }
}

// A false sync inside a payload: length and checksum decide.
TEST(SyncFramer, TheChecksumDecidesWhatIsAFrame) {
    Scan answer = scan(ubx, from_hex("b562 0501 0200 0601 0f39"));
    EXPECT_EQ(answer.fault, FrameFault::bad_checksum);
    EXPECT_EQ(answer.bytes, 10U);
    EXPECT_EQ(answer.claimed_b, 10U);
    EXPECT_FALSE(answer.is_synced);
    // The length may be what is wrong: another frame may begin within.
    answer = scan(ubx, from_hex("b562 0501 0400 b562 0a04 0000 0e34"));
    EXPECT_EQ(answer.fault, FrameFault::bad_checksum);
    EXPECT_EQ(answer.bytes, 6U);
    EXPECT_EQ(answer.claimed_b, 12U);
    // Within noise it is no frame whose length could be trusted.
    answer = scan(ubx, from_hex("b562 0501 0400 b562 0a04 0000 0e34"), unsynced);
    EXPECT_EQ(answer.fault, FrameFault::bad_checksum);
    EXPECT_EQ(answer.bytes, 6U);
    EXPECT_EQ(scan(ubx, from_hex(ack), unsynced).kind, Scan::Kind::frame);
}

TEST(SyncFramer, WithoutAChecksumTheNextHeaderDecidesAmongNoise) {
    const Bytes frame = from_hex("55aa 01 61");
    EXPECT_EQ(scan(bare, frame, unsynced).bytes, 5U);
    EXPECT_EQ(scan(bare, from_hex("55aa0161 55"), unsynced).bytes, 6U);
    EXPECT_EQ(scan(bare, from_hex("55aa0161 55aa"), unsynced).kind, Scan::Kind::frame);
    EXPECT_EQ(scan(bare, from_hex("55aa0161 56"), unsynced).fault, FrameFault::bad_sync);
    EXPECT_EQ(scan(bare, from_hex("55aa0161 56")).kind, Scan::Kind::frame) << "if synced";
    EXPECT_EQ(scan(bare, frame, {.is_synced = false, .is_end = true}).kind, Scan::Kind::frame)
        << "or the stream's end";
}

TEST(SyncFramer, AFalseHeaderAtTheEndHidesNoFrame) {
    const Bytes stream = from_hex("55aa 30 55aa 01 61");
    EXPECT_EQ(drive(*framer(bare), stream, {.is_synced = false, .goes_on = true}),
              "bad_sync@0+3 4:55aa0161 ");
}

TEST(SyncFramer, HugeLengthsAreOversizeWhereAFrameIsKnownToBegin) {
    const char* const text = "sync:55aa,length:u32be@2,max:100";
    const Bytes stream = from_hex("55aa ffffffff 00 55aa");
    Scan answer = scan(text, stream);
    EXPECT_EQ(answer.fault, FrameFault::oversize);
    EXPECT_EQ(answer.bytes, std::uint64_t{0xffffffff} + 6);
    EXPECT_TRUE(answer.is_synced);
    answer = scan(text, stream, unsynced);
    EXPECT_EQ(answer.fault, FrameFault::bad_sync);
    EXPECT_EQ(answer.bytes, 7U) << "up to the next sync bytes";
    EXPECT_EQ(scan(text, from_hex("55aa 0000005e")).bytes, 100U) << "limit";
    EXPECT_EQ(scan(text, from_hex("55aa 0000005f")).fault, FrameFault::oversize);
    EXPECT_EQ(scan("sync:55,length:u64be@1", from_hex("55 8000000000000000")).fault,
              FrameFault::bad_length);
}

TEST(SyncFramer, AFrameTooShortForItsChecksumIsABadLength) {
    const char* const text = "sync:55aa,length:u8@2,checksum:crc32";
    EXPECT_EQ(scan(text, from_hex("55aa 03 000000")).fault, FrameFault::bad_length);
    EXPECT_EQ(scan(text, from_hex("55aa 04")).kind, Scan::Kind::need);
}

TEST(SyncFramer, EncodesAHeadBetweenSyncAndLength) {
    EXPECT_EQ(encoded(ubx, std::string("\x06\x01", 2), "\x05\x01"),
              "b562050102000601"
              "0f38");
    EXPECT_EQ(encoded(ubx, "", "\x0a\x04"), "b5620a0400000e34");
    EXPECT_EQ(encoded(ubx, "", "\x0a"), "invalid_argument");
    EXPECT_EQ(encoded("sync:55,length:u8@1", std::string(256, 'x')), "too_large");
}

}  // namespace
}  // namespace sluice::test
