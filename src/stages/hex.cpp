#include "stages/hex.hpp"

#include <string>

namespace sluice {
namespace {

constexpr int no_digit = -1;

int digit(char character) noexcept {
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    if (character >= 'a' && character <= 'f') {
        return character - 'a' + 10;
    }
    if (character >= 'A' && character <= 'F') {
        return character - 'A' + 10;
    }
    return no_digit;
}

/// Control characters and bytes of longer characters as their number.
std::string shown(char character) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto value = static_cast<unsigned char>(character);
    if (value >= 0x20 && value < 0x7f) {
        return {'\'', character, '\''};
    }
    return {'b', 'y', 't', 'e', ' ', '0', 'x', digits[value >> 4U], digits[value & 15U]};
}

}  // namespace

Result<std::vector<std::byte>> parse_hex(std::string_view text) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == ' ') {
            ++i;
            continue;
        }
        int value = 0;
        for (const std::size_t end = i + 2; i < end; ++i) {
            if (i == text.size()) {
                return Error(Errc::invalid_argument,
                             "ends in the middle of a byte; allowed are two digits for each");
            }
            if (digit(text[i]) == no_digit) {
                return Error(Errc::invalid_argument,
                             "has " + shown(text[i]) + " as character " + std::to_string(i + 1) +
                                 "; allowed are two of 0-9, a-f for each byte, with spaces between "
                                 "bytes");
            }
            value = value * 16 + digit(text[i]);
        }
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

}  // namespace sluice
