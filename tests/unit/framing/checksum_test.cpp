#include "framing/checksum.hpp"

#include <gtest/gtest.h>

#include "support/reference_framing.hpp"

namespace sluice {
namespace {

using enum FramingChecksum;

std::uint32_t sum_of(FramingChecksum kind, std::string_view text) {
    Checksum sum(kind);
    sum.add(test::bytes_of(text));
    return sum.value();
}

// The check values of the catalogue of parametrised CRC algorithms: of the text "123456789".
TEST(Checksum, KnownAnswers) {
    EXPECT_EQ(sum_of(crc16_ccitt, "123456789"), 0x29B1U) << "CRC-16/IBM-3740";
    EXPECT_EQ(sum_of(crc24q, "123456789"), 0xCDE703U) << "CRC-24/LTE-A is the same";
    EXPECT_EQ(sum_of(crc32, "123456789"), 0xCBF43926U) << "CRC-32/ISO-HDLC";
    EXPECT_EQ(sum_of(fletcher8, "abcde"), 0xefc3U);
    EXPECT_EQ(sum_of(xor8, "GPGLL,4916.45,N,12311.12,W,225444,A,"), 0x1DU) << "NMEA 0183";
    EXPECT_EQ(sum_of(sum8, "\xff\x02"), 1U);
}

// The example of NovAtel's manual for its ASCII logs, whose sum is that of the binary ones.
TEST(Checksum, KnowsNovatelsOwnCrc32) {
    EXPECT_EQ(sum_of(crc32_novatel,
                     "BESTPOSA,COM1,0,78.0,FINESTEERING,1427,325298.000,00000000,6145,2748;"
                     "SOL_COMPUTED,SINGLE,51.11678928753,-114.03886216575,1064.3470,-16.2708,WGS84,"
                     "2.3434,1.3043,4.7300,\"\",0.000,0.000,7,7,0,0,0,06,0,03"),
              0x9c9a92bbU);
}

TEST(Checksum, PiecesSumUpToTheWhole) {
    for (const FramingChecksum kind :
         {none, crc16_ccitt, crc24q, crc32, crc32_novatel, fletcher8, xor8, sum8}) {
        Checksum sum(kind);
        for (const char* piece : {"1234", "", "5", "6789"}) {
            sum.add(test::bytes_of(piece));
        }
        EXPECT_EQ(sum.value(), sum_of(kind, "123456789"));
    }
}

TEST(Checksum, StandsOnTheWireInTheFramesOrderButForFletcher) {
    const auto wire = [](FramingChecksum kind, FramingByteOrder order) {
        Checksum sum(kind);
        sum.add(test::bytes_of("abcde"));
        const auto bytes = sum.bytes(order);
        return test::to_hex(std::span(bytes).first(checksum_b(kind)));
    };
    EXPECT_EQ(wire(crc32, FramingByteOrder::big), "8587d865");
    EXPECT_EQ(wire(crc32, FramingByteOrder::little), "65d88785");
    EXPECT_EQ(wire(crc24q, FramingByteOrder::big).size(), 6U);
    EXPECT_EQ(wire(fletcher8, FramingByteOrder::big), "efc3");
    EXPECT_EQ(wire(fletcher8, FramingByteOrder::little), "efc3");
    EXPECT_EQ(wire(none, FramingByteOrder::big), "");
}

}  // namespace
}  // namespace sluice
