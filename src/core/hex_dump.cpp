#include "sluice/core/hex_dump.hpp"

#include <algorithm>
#include <string_view>

namespace sluice {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t bytes_per_line = 16;

void append_hex_number(std::string& out, std::uint64_t number, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
        out += hex_digits[(number >> static_cast<unsigned>(shift)) & 15U];
    }
}

void append_hex_line(std::string& out, std::uint64_t offset, std::span<const std::byte> bytes) {
    append_hex_number(out, offset, offset >> 32U == 0 ? 8 : 16);
    for (std::size_t i = 0; i < bytes_per_line; ++i) {
        out += i % (bytes_per_line / 2) == 0 ? "  " : " ";
        if (i < bytes.size()) {
            append_hex_number(out, std::to_integer<std::uint64_t>(bytes[i]), 2);
        } else {
            out += "  ";
        }
    }
    out += "  |";
    for (const std::byte byte : bytes) {
        const char c = static_cast<char>(byte);
        out += c >= 0x20 && c < 0x7f ? c : '.';
    }
    out += "|\n";
}

}  // namespace

void append_hex_dump(std::string& out, std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const std::size_t count = std::min(bytes.size(), bytes_per_line);
        append_hex_line(out, offset, bytes.first(count));
        bytes = bytes.subspan(count);
        offset += count;
    }
}

}  // namespace sluice
