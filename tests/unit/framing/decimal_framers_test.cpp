/// Octet counting and netstrings.
#include "unit/framing/framer_verbs.hpp"

namespace sluice::test {
namespace {

TEST(OctetCountingFramer, ThreeMessagesAreFoundByAnyCut) {
    expect_everywhere("octet-counting", bytes_of("3 abc11 hello world1 x"),
                      "5:616263 14:68656c6c6f20776f726c64 3:78 ");
}

TEST(OctetCountingFramer, ReadsSyslogOverTcp) {
    const std::string message = "<34>1 2003-10-11T22:14:15.003Z host su - ID47 - failed\n";
    const Bytes frame = bytes_of(std::to_string(message.size()) + " " + message);
    EXPECT_EQ(found("octet-counting", frame),
              std::to_string(frame.size()) + ":" + to_hex(bytes_of(message)) + " ");
}

TEST(OctetCountingFramer, WhatIsNoLengthIsABadLength) {
    for (const char* stream :
         {"0 ", "00 ", "01 a", " a", "-1 a", "+1 a", "1a ", "<34>", "GET / H", "1\t",
          "1:", "9223372036854775808 ", "99999999999999999999", "12345678901234567890"}) {
        EXPECT_EQ(found("octet-counting", bytes_of(stream)), "bad_length@0") << stream;
    }
}

// A length that is too large is refused before its digits overflow.
TEST(OctetCountingFramer, HugeLengthsAreOversizeAndNeverOverflow) {
    for (const char* stream : {"2147483648 ", "4294967295 ", "9223372036854775807 "}) {
        const Scan answer = scan("octet-counting", bytes_of(stream));
        EXPECT_EQ(answer.fault, FrameFault::oversize) << stream;
        EXPECT_EQ(answer.claimed_b, std::stoull(stream) + std::string_view(stream).size());
    }
}

TEST(OctetCountingFramer, TheMaximumBitesAtItsByte) {
    EXPECT_EQ(scan("octet-counting,max:10", bytes_of("7 ")).bytes, 9U);
    EXPECT_EQ(scan("octet-counting,max:10", bytes_of("8 ")).kind, Scan::Kind::need);
    EXPECT_EQ(scan("octet-counting,max:10", bytes_of("9 ")).fault, FrameFault::oversize);
    EXPECT_EQ(encoded("octet-counting,max:10", "12345678").size(), 20U);
    EXPECT_EQ(encoded("octet-counting,max:10", "123456789"), "too_large");
    EXPECT_EQ(encoded("octet-counting", ""), "invalid_argument");
}

TEST(NetstringFramer, ThreeMessagesAreFoundByAnyCut) {
    expect_everywhere("netstring", bytes_of("3:abc,0:,12:hello world!,"),
                      "6:616263 3: 16:68656c6c6f20776f726c6421 ");
}

TEST(NetstringFramer, WhatIsNoLengthIsABadLength) {
    for (const char* stream : {"00:,", "01:a,", ":", "a", "-1:", "1 a", "1:ab", "0:x",
                               "9223372036854775808:", "12345678901234567890"}) {
        EXPECT_EQ(found("netstring", bytes_of(stream)), "bad_length@0") << stream;
    }
    EXPECT_EQ(scan("netstring", bytes_of("1:ab")).bytes, 0U);
    EXPECT_EQ(scan("netstring", bytes_of("4294967295:")).fault, FrameFault::oversize);
    EXPECT_EQ(scan("netstring,max:10", bytes_of("7:")).bytes, 10U);
    EXPECT_EQ(scan("netstring,max:10", bytes_of("8:")).fault, FrameFault::oversize);
}

TEST(NetstringFramer, EncodesWhatItReads) {
    EXPECT_EQ(encoded("netstring", "hello"), to_hex(bytes_of("5:hello,")));
    EXPECT_EQ(encoded("netstring", ""), to_hex(bytes_of("0:,")));
    EXPECT_EQ(encoded("netstring,max:10", "1234567").size(), 20U);
    EXPECT_EQ(encoded("netstring,max:10", "12345678"), "too_large");
}

}  // namespace
}  // namespace sluice::test
