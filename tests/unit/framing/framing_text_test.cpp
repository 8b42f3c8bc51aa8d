#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "sluice/framing/framing.hpp"
#include "support/framing_samples.hpp"

namespace sluice {
namespace {

Framing parsed(std::string_view text) {
    const Result<Framing> framing = Framing::parse(text);
    EXPECT_TRUE(framing) << framing.error().detail();
    return framing.value_or(Framing());
}

std::string problem(std::string_view text) {
    const Result<Framing> framing = Framing::parse(text);
    EXPECT_FALSE(framing) << text;
    if (framing) {
        return "";
    }
    EXPECT_EQ(framing.error().code(), Errc::invalid_argument);
    return framing.error().detail();
}

TEST(FramingText, EveryExampleOfTheHeaderIsWrittenAsItWasRead) {
    for (const std::string text :
         {"length:u32be",
          "length:u16le@4",
          "length:u32be@1,adjust:-4,includes_header,strip:2,max:1MiB",
          "varint",
          "varint@1",
          "lines",
          "delimiter:0d0a,keep",
          "fixed:188",
          "octet-counting",
          "netstring",
          "slip",
          "cobs",
          "dle:1a",
          "sync:b562,length:u16le@4,adjust:2,checksum:fletcher8@2",
          "raw",
          "length:u8",
          "length:u8le",
          "slip,max:64KiB,bad:resync,oversize:skip",
          "length:u32be,bad:close",
          "fixed:5,max:5",
          "dle:1a,hunt:256KiB",
          "sync:b562,length:u16le@4,max:1KiB,hunt:1000,bad:close",
          "sync:b562,length:u16le@4,checksum:crc16-ccitt,strip_checksum"}) {
        EXPECT_EQ(parsed(text).to_string(), text);
    }
}

TEST(FramingText, DefaultsAreOmitted) {
    EXPECT_EQ(
        parsed(
            "length:u32be@0,adjust:0,strip:0,max:16384KiB,hunt:64KiB,bad:automatic,oversize:close")
            .to_string(),
        "length:u32be");
    EXPECT_EQ(parsed("length:u8be").to_string(), "length:u8");
    EXPECT_EQ(parsed("octet_counting").to_string(), "octet-counting");
    EXPECT_EQ(parsed("fixed:1024,max:1048576").to_string(), "fixed:1024,max:1MiB");
}

TEST(FramingText, WordsMeanKeys) {
    const Framing lines = parsed("lines");
    EXPECT_EQ(lines.kind, FramingKind::delimiter);
    EXPECT_EQ(lines.delimiter, "0a");
    EXPECT_TRUE(lines.accept_carriage_return && lines.strip_delimiter);
    const Framing ubx = parsed("sync:b562,length:u16le@4,adjust:2,checksum:fletcher8@2,max:2KiB");
    EXPECT_EQ(ubx.kind, FramingKind::sync);
    EXPECT_EQ(ubx.sync, "b562");
    EXPECT_EQ(ubx.length_field_offset, 4U);
    EXPECT_EQ(ubx.length_field_length, 2U);
    EXPECT_EQ(ubx.byte_order, FramingByteOrder::little);
    EXPECT_EQ(ubx.length_adjustment, 2);
    EXPECT_EQ(ubx.checksum, FramingChecksum::fletcher8);
    EXPECT_EQ(ubx.checksum_offset, 2U);
    EXPECT_EQ(ubx.max_frame_length, 2048U);
}

TEST(FramingText, MisspeltWordsAreToldWithTheNearestOne) {
    EXPECT_EQ(problem("lenght:u32be"),
              "\"lenght:u32be\": unknown kind \"lenght\"; did you mean \"length\"?");
    EXPECT_NE(problem("length:u32be,stirp:4")
                  .find("unknown option \"stirp\"; did you mean "
                        "\"strip\"?"),
              std::string::npos);
    EXPECT_NE(problem("sync:b562,length:u16le@4,checksum:crc31").find("did you mean \"crc32\"?"),
              std::string::npos);
    EXPECT_NE(problem("slip,bad:skp").find("did you mean \"skip\"?"), std::string::npos);
    EXPECT_NE(problem("x").find("allowed are length, varint, "), std::string::npos);
}

TEST(FramingText, WhatIsNoFramingIsRefused) {
    for (const char* text : {"",
                             ",",
                             "length",
                             "length:",
                             "length:u32",
                             "length:u12be",
                             "length:u72be",
                             "length:u0",
                             "length:32be",
                             "length:u32be@",
                             "length:u32be@-1",
                             "length:u32be@256",
                             "length:u32be,",
                             "length:u32be,strip:4,strip:4",
                             "length:u32be,strip",
                             "length:u32be,includes_header:1",
                             "length:u32be,length:u32be",
                             "length:u32be,max:0",
                             "length:u32be,max:2GiB",
                             "length:u32be,max:1TiB",
                             "length:u32be,max:99999999999999999999",
                             "length:u32be,keep",
                             "length:u32be,bad:skip",
                             "varint@x",
                             "varint@1@2",
                             "varint:1",
                             "lines:",
                             "lines,max:0",
                             "delimiter",
                             "delimiter:",
                             "delimiter:0",
                             "delimiter:0g",
                             "delimiter:0d 0a",
                             "fixed",
                             "fixed:0",
                             "fixed:-1",
                             "fixed:+1",
                             "fixed:2GiB",
                             "slip:c0",
                             "raw:1",
                             "dle",
                             "dle:1a1a",
                             "dle:31",
                             "sync:b562",
                             "sync:b562,length:u16le",
                             "sync:,length:u16le@4",
                             "SLIP",
                             " slip",
                             "length:u32be,adjust:2147483648",
                             "length:u32be,strip:4294967296"}) {
        EXPECT_NE(problem(text), "") << text;
    }
}

TEST(FramingText, ARefusalIsPrintableOnOneLine) {
    const std::string detail = problem(std::string("sl\nip\x80") + std::string(500, 'x'));
    EXPECT_LT(detail.size(), 500U);
    for (const char c : detail) {
        EXPECT_TRUE(c >= ' ' && c <= '~');
    }
}

TEST(FramingText, WhateverIsValidIsReadBackFromItsText) {
    rc::check([] {
        const Framing framing = test::any_framing();
        const Result<Framing> again = Framing::parse(framing.to_string());
        RC_LOG() << framing.to_string();
        RC_ASSERT(again.has_value());
        RC_ASSERT(*again == framing);
    });
}

}  // namespace
}  // namespace sluice
