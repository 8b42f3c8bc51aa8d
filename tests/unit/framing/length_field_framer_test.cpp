#include "unit/framing/framer_verbs.hpp"

namespace sluice::test {
namespace {

/// A length field of 8 bytes, big endian.
Bytes long_field(std::uint64_t value) {
    Bytes bytes;
    for (int shift = 56; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<std::byte>(value >> shift & 0xff));
    }
    return bytes;
}

TEST(LengthFieldFramer, ThreeMessagesAreFoundByAnyCut) {
    expect_everywhere("length:u16be", from_hex("0003 616263 0000 0001 64"),
                      "5:0003616263 2:0000 3:000164 ");
    expect_everywhere("length:u24le@1,strip:4", from_hex("aa 020000 6162 bb 000000 cc 010000 63"),
                      "6:6162 4: 5:63 ");
}

TEST(LengthFieldFramer, EveryLengthAndOrderOfTheFieldIsRead) {
    for (unsigned field_b = 1; field_b <= 8; ++field_b) {
        for (const bool is_little : {false, true}) {
            const std::string text =
                "length:u" + std::to_string(8 * field_b) + (is_little ? "le" : "be") + "@2,max:254";
            std::string body(201, 'x');
            const std::string frame = encoded(text, body, "hd");
            EXPECT_EQ(frame.size(), 2 * (2 + field_b + body.size()));
            EXPECT_EQ(frame.substr(is_little ? 4 : 4 + 2 * (field_b - 1), 2), "c9");
            EXPECT_EQ(found_hex(text, frame), std::to_string(frame.size() / 2) + ":" + frame + " ");
        }
    }
    EXPECT_EQ(encoded("length:u24be", std::string(0x010203, 'x')).substr(0, 8), "01020378");
    EXPECT_EQ(encoded("length:u40le", std::string(0x010203, 'x')).substr(0, 12), "030201000078");
}

// The pictures in the documentation of Netty's LengthFieldBasedFrameDecoder.
TEST(LengthFieldFramer, FindsWhatNettyFinds) {
    const std::string hello = "48454c4c4f2c20574f524c44";  // HELLO, WORLD
    const auto payload = [](std::string_view text, const std::string& stream) {
        const std::string all = found_hex(text, stream);
        return all.substr(all.find(':') + 1, all.size() - all.find(':') - 2);
    };
    EXPECT_EQ(payload("length:u16be", "000c" + hello), "000c" + hello);
    EXPECT_EQ(payload("length:u16be,strip:2", "000c" + hello), hello);
    EXPECT_EQ(payload("length:u16be,adjust:-2", "000e" + hello), "000e" + hello);
    EXPECT_EQ(payload("length:u24be@2", "cafe00000c" + hello), "cafe00000c" + hello);
    EXPECT_EQ(payload("length:u24be,adjust:2", "00000ccafe" + hello), "00000ccafe" + hello);
    EXPECT_EQ(payload("length:u16be@1,adjust:1,strip:3", "ca000cfe" + hello), "fe" + hello);
    EXPECT_EQ(payload("length:u16be@1,adjust:-3,strip:3", "ca0010fe" + hello), "fe" + hello);
}

TEST(LengthFieldFramer, ALengthThatIncludesTheHeaderIsTheWholeFrame) {
    EXPECT_EQ(found_hex("length:u16be,includes_header", "0003 61 0002"), "3:000361 2:0002 ");
    EXPECT_EQ(encoded("length:u16be@1,includes_header", "ab", "x"), "7800056162");
}

// CVE-2019-6250, reSIProcate 478: lengths are compared by subtraction only. CVE-2026-27889, noPoll
// 84: none is negative. Lengths of 2^31, 2^32-1, 2^63, the top bit.
TEST(LengthFieldFramer, HugeLengthsAreOversizeOrBadAndNeverOverflow) {
    for (const std::uint64_t value :
         {std::uint64_t{1} << 31, (std::uint64_t{1} << 32) - 1, (std::uint64_t{1} << 63) - 1}) {
        for (const char* text :
             {"length:u64be", "length:u64be,adjust:2147483647,max:1GiB",
              "length:u64be,adjust:-2147483648", "length:u64be,includes_header"}) {
            if (!Framing::parse(text)) {
                continue;  // an adjustment beyond any maximum
            }
            const Scan answer = scan(text, long_field(value));
            EXPECT_EQ(answer.fault,
                      value == std::uint64_t{1} << 31 &&
                              std::string_view(text).find("-2147") != std::string::npos
                          ? answer.fault
                          : FrameFault::oversize);
            EXPECT_EQ(answer.kind == Scan::Kind::bad ? answer.bytes : answer.claimed_b,
                      answer.claimed_b);
        }
        const Scan answer = scan("length:u64be", long_field(value));
        EXPECT_EQ(answer.claimed_b, value + 8);
        EXPECT_TRUE(answer.is_synced);
    }
    for (const std::uint64_t value : {std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
        const Scan answer = scan("length:u64be", long_field(value));
        EXPECT_EQ(answer.fault, FrameFault::bad_length);
        EXPECT_EQ(answer.bytes, 0U) << "where the next frame begins nobody knows";
    }
}

TEST(LengthFieldFramer, TheMaximumBitesAtItsByte) {
    const std::string text = "length:u32be,max:20";
    EXPECT_EQ(found_hex(text, "0000000f"), "truncated@0") << "limit - 1";
    EXPECT_EQ(scan(text, from_hex("00000010")).bytes, 20U) << "limit";
    const Scan beyond = scan(text, from_hex("00000011"));
    EXPECT_EQ(beyond.fault, FrameFault::oversize);
    EXPECT_EQ(beyond.bytes, 21U);
    EXPECT_TRUE(beyond.is_synced);
    EXPECT_EQ(encoded(text, std::string(16, 'x')).size(), 40U);
    EXPECT_EQ(encoded(text, std::string(17, 'x')), "too_large");
}

TEST(LengthFieldFramer, AFrameShorterThanItsHeaderIsABadLength) {
    EXPECT_EQ(found_hex("length:u16be,includes_header", "0001"), "bad_length@0");
    EXPECT_EQ(found_hex("length:u16be,adjust:-2", "0001"), "bad_length@0");
    EXPECT_EQ(found_hex("length:u16be,adjust:-9", "0000"), "bad_length@0") << "a negative length";
    EXPECT_EQ(scan("length:u16be,includes_header", from_hex("0001")).bytes, 0U);
}

TEST(LengthFieldFramer, AFrameShorterThanWhatIsStrippedIsABadLengthWithAnEnd) {
    const Scan answer = scan("length:u8,strip:4", from_hex("02 6162 00"));
    EXPECT_EQ(answer.fault, FrameFault::bad_length);
    EXPECT_EQ(answer.bytes, 3U);
    EXPECT_TRUE(answer.is_synced);
}

// A zero-length frame is legal if the framing allows it.
TEST(LengthFieldFramer, AZeroLengthFrameIsEmpty) {
    EXPECT_EQ(found_hex("length:u8,strip:1", "00 00"), "1: 1: ");
}

TEST(LengthFieldFramer, SaysHowMuchIsNeeded) {
    const std::string text = "length:u16be@1";
    EXPECT_EQ(scan(text, {}).bytes, 3U);
    EXPECT_EQ(scan(text, from_hex("aa00")).bytes, 3U);
    EXPECT_EQ(scan(text, from_hex("aa0004")).bytes, 7U);
    EXPECT_EQ(framer(text)->header_b(), 3U);
}

TEST(LengthFieldFramer, CountsFramesOfTheSameLength) {
    for (unsigned field_b = 1; field_b <= 8; ++field_b) {
        for (const bool is_little : {false, true}) {
            const std::string text = "length:u" + std::to_string(8 * field_b) +
                                     (is_little ? "le" : "be") + "@2,adjust:1";
            const std::string like = encoded(text, "abc", "hd");
            const std::string other = encoded(text, "abcd", "hd");
            const std::size_t frame_b = like.size() / 2;
            const auto count = [&](const std::string& stream, std::size_t frames_max = 10) {
                return framer(text)->count_alike(from_hex(stream), frame_b, frames_max);
            };
            EXPECT_EQ(count(""), 0U);
            EXPECT_EQ(count(other + like), 0U);
            EXPECT_EQ(count(like + like + other + like), 2U);
            EXPECT_EQ(count(like + like + like.substr(2)), 2U) << "the last is not whole";
            EXPECT_EQ(count(like + like + like, 2), 2U);
        }
    }
}

TEST(LengthFieldFramer, BodiesThatTheFieldCannotSayAreRefused) {
    EXPECT_EQ(encoded("length:u8", std::string(255, 'x')).size(), 512U);
    EXPECT_EQ(encoded("length:u8", std::string(256, 'x')), "too_large");
    EXPECT_EQ(encoded("length:u8,adjust:5", "abcd"), "invalid_argument");
    EXPECT_EQ(encoded("length:u8,adjust:5", "abcde"), "006162636465");
    EXPECT_EQ(encoded("length:u8@1", "abc"), "invalid_argument") << "without its head";
}

}  // namespace
}  // namespace sluice::test
