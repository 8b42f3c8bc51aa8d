#include "cli/packet_format.hpp"

#include <algorithm>
#include <string_view>

#include "sluice/core/hex_dump.hpp"

namespace sluice::cli {

void append_hex(std::string& text, const net::Packet& packet) {
    append_hex_dump(text, packet.stream_offset, packet.data.bytes());
}

void append_json(std::string& text, const net::Packet& packet, std::uint64_t connection) {
    text += "{\"time_ns\":" + std::to_string(nanoseconds_since_epoch(packet.receive_time));
    text += ",\"offset\":" + std::to_string(packet.stream_offset);
    text += ",\"length\":" + std::to_string(packet.data.size());
    text += ",\"data\":\"";
    append_base64(text, packet.data.bytes());
    text += "\",\"connection\":" + std::to_string(connection) + "}\n";
}

void append_hex(std::string& text, const Frame& frame) {
    text += "frame at " + std::to_string(frame.stream_offset) + ": " +
            std::to_string(frame.payload.size()) + " bytes\n";
    append_hex_dump(text, 0, frame.payload);
}

void append_json(std::string& text, const Frame& frame, SystemTime receive_time) {
    text += "{\"time_ns\":" + std::to_string(nanoseconds_since_epoch(receive_time));
    text += ",\"offset\":" + std::to_string(frame.stream_offset);
    text += ",\"length\":" + std::to_string(frame.payload.size());
    text += ",\"data\":\"";
    append_base64(text, frame.payload);
    text += "\"}\n";
}

void append_hex_byte(std::string& text, std::byte byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[std::to_integer<std::size_t>(byte) >> 4U];
    text += digits[std::to_integer<std::size_t>(byte) & 15U];
}

void append_base64(std::string& text, std::span<const std::byte> bytes) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8U | (k < count ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text += k <= count ? alphabet[(group >> (18U - 6U * k)) & 63U] : '=';
        }
    }
}

}  // namespace sluice::cli
