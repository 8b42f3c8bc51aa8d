/// UTF-8, as it comes from outside: not to be trusted.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice {

/// What stands at the front of a text.
struct Utf8Front {
    /// Bytes of the character; or of the longest piece of one that is cut short, else 1: what one
    /// U+FFFD stands for, as the Unicode standard recommends.
    std::size_t size;
    bool is_valid;
};

/// REQUIRES: !text.empty(). Overlong forms, surrogates and what lies above U+10FFFF are invalid.
[[nodiscard]] Utf8Front utf8_front(std::string_view text) noexcept;

}  // namespace sluice
