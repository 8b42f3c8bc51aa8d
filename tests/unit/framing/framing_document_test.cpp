/// The ready descriptions of docs/framing.md, each with a frame as it is on the wire.
#include <fstream>

#include "unit/framing/framer_verbs.hpp"

namespace sluice::test {
namespace {

struct Sample {
    std::string protocol;
    Bytes frame;
    Bytes payload;
};

Sample prefixed(std::string protocol, std::string_view front, std::string_view payload) {
    Bytes frame = from_hex(front);
    append(frame, from_hex(payload));
    return {std::move(protocol), std::move(frame), from_hex(payload)};
}

Sample whole(std::string protocol, std::string_view frame) {
    return {std::move(protocol), from_hex(frame), from_hex(frame)};
}

Sample text(std::string protocol, std::string_view frame, std::string_view payload) {
    return {std::move(protocol), bytes_of(frame), bytes_of(payload)};
}

std::vector<Sample> samples() {
    const std::string rtcm = "3ed7d30202980edeef34b4bd62ac0941986f33";
    const std::string sentence = "$GPGLL,4916.45,N,12311.12,W,225444,A,*1D";
    const std::string mode_s = "33 0000000a1b2c 80 8d4840d6202cc371c32ce0576098";
    const Bytes novatel = *encode(*framer("sync:aa4412,length:u16le@8,adjust:22,"
                                          "checksum:crc32-novatel"),
                                  from_hex("1c 2a00 02 20"), Bytes(18 + 72));
    const Bytes transport(188, std::byte{0x47});
    return {
        prefixed("DNS over TCP (RFC 7766)", "001d",
                 "1234 0100 0001 0000 0000 0000 07 6578616d706c65 03 636f6d 00 0001 0001"),
        text("Syslog over TCP (RFC 6587, octet counting)", "11 <34>1 - - -", "<34>1 - - -"),
        text("Syslog over TCP (RFC 6587, a line each)", "<34>1 - - -\n", "<34>1 - - -"),
        whole("UBX (u-blox)", "b562 0501 0200 0601 0f38"),
        {"RTCM 3", from_hex("d30013" + rtcm + "360b98"), from_hex(rtcm)},
        {"NovAtel OEM4 to OEM7, binary", novatel, novatel},
        prefixed("Beast (dump1090, readsb)", "1a", mode_s),
        text("NMEA 0183", sentence + "\r\n", sentence),
        {"SLIP (RFC 1055)", from_hex("c0 4500dbdc c0"), from_hex("4500c0")},
        {"COBS", from_hex("031122023300"), from_hex("11220033")},
        prefixed("Protobuf, delimited", "03", "08 96 01"),
        whole("MQTT", "30 07 0003 612f62 6869"),
        prefixed("Netty, LengthFieldPrepender(4)", "0000000c", "48454c4c4f2c20574f524c44"),
        text("Netty, LineBasedFrameDecoder", "one\r\n", "one"),
        prefixed("Tokio, LengthDelimitedCodec", "0000000b", "68656c6c6f20776f726c64"),
        whole("PostgreSQL, after the start", "5a 00000005 49"),
        whole("Modbus/TCP", "0001 0000 0006 11 03 006b 0003"),
        prefixed("TPKT (RFC 1006; S7)", "0300000b", "06 e0 0000 0001 00"),
        {"MPEG transport stream", transport, transport},
        text("Netstrings", "5:hello,", "hello"),
    };
}

struct Row {
    std::string protocol;
    std::string framing;
};

std::vector<Row> rows() {
    std::ifstream document(SLUICE_FRAMING_DOCUMENT);
    std::vector<Row> rows;
    bool is_in_table = false;
    for (std::string line; std::getline(document, line);) {
        if (line.starts_with("## ")) {
            is_in_table = line == "## Ready descriptions";
        }
        const std::size_t begin = line.find(" | `");
        const std::size_t end = line.find("` | ");
        if (is_in_table && line.starts_with("| ") && begin != std::string::npos &&
            end != std::string::npos) {
            rows.push_back({line.substr(2, begin - 2), line.substr(begin + 4, end - begin - 4)});
        }
    }
    return rows;
}

TEST(FramingDocument, EachReadyDescriptionReadsAFrameOfItsProtocol) {
    const std::vector<Row> table = rows();
    const std::vector<Sample> known = samples();
    ASSERT_EQ(table.size(), known.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto& [protocol, frame, payload] = known[i];
        EXPECT_EQ(table[i].protocol, protocol);
        const Result<Framing> framing = Framing::parse(table[i].framing);
        ASSERT_TRUE(framing) << protocol << framing.error().detail();
        EXPECT_EQ(framing->to_string(), table[i].framing);
        Bytes twice = frame;
        append(twice, frame);
        const std::string once = std::to_string(frame.size()) + ":" + to_hex(payload) + " ";
        EXPECT_EQ(found(table[i].framing, twice), once + once) << protocol;
    }
}

}  // namespace
}  // namespace sluice::test
