/// Bytes as hexadecimal digits, in pairs.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace sluice {

[[nodiscard]] constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Empty if it is not pairs of digits and nothing else.
[[nodiscard]] inline std::vector<std::byte> hex_bytes(std::string_view text) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return {};
        }
        bytes.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return text.size() % 2 == 0 ? bytes : std::vector<std::byte>();
}

}  // namespace sluice
