#include "cli/packet_format.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace sluice::cli {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t bytes_per_line = 16;

void append_hex_number(std::string& text, std::uint64_t number, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
        text += hex_digits[(number >> static_cast<unsigned>(shift)) & 15U];
    }
}

void append_hex_line(std::string& text, std::uint64_t offset, std::span<const std::byte> bytes) {
    append_hex_number(text, offset, offset >> 32U == 0 ? 8 : 16);
    for (std::size_t i = 0; i < bytes_per_line; ++i) {
        text += i % (bytes_per_line / 2) == 0 ? "  " : " ";
        if (i < bytes.size()) {
            append_hex_number(text, std::to_integer<std::uint64_t>(bytes[i]), 2);
        } else {
            text += "  ";
        }
    }
    text += "  |";
    for (const std::byte byte : bytes) {
        const char c = static_cast<char>(byte);
        text += c >= 0x20 && c < 0x7f ? c : '.';
    }
    text += "|\n";
}

}  // namespace

void append_hex(std::string& text, const net::Packet& packet) {
    std::span<const std::byte> left = packet.data.bytes();
    std::uint64_t offset = packet.stream_offset;
    while (!left.empty()) {
        const std::size_t count = std::min(left.size(), bytes_per_line);
        append_hex_line(text, offset, left.first(count));
        left = left.subspan(count);
        offset += count;
    }
}

void append_json(std::string& text, const net::Packet& packet, std::uint64_t connection) {
    text += "{\"time_ns\":" + std::to_string(nanoseconds_since_epoch(packet.receive_time));
    text += ",\"offset\":" + std::to_string(packet.stream_offset);
    text += ",\"length\":" + std::to_string(packet.data.size());
    text += ",\"data\":\"";
    append_base64(text, packet.data.bytes());
    text += "\",\"connection\":" + std::to_string(connection) + "}\n";
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
