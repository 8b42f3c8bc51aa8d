/// The decimal lengths of octet counting and netstrings.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>

#include "framing/basic_framer.hpp"
#include "sluice/framing/framer.hpp"

namespace sluice {

/// Of 2^63-1.
inline constexpr std::size_t decimal_b_max = 19;

struct DecimalLength {
    std::uint64_t value = 0;
    std::size_t bytes = 0;  ///< With the separator; 0: it has not ended.
    bool is_bad = false;
};

/// Digits, then `separator`. No number begins with a zero but zero itself; none is beyond 2^63-1.
[[nodiscard]] inline DecimalLength load_decimal(std::span<const std::byte> source,
                                                char separator) noexcept {
    DecimalLength length;
    for (std::size_t i = 0; i < source.size(); ++i) {
        const char c = std::to_integer<char>(source[i]);
        const bool is_zero_alone = i == 1 && length.value == 0;
        if (c >= '0' && c <= '9' && i < decimal_b_max && !is_zero_alone) {
            length.value = length.value * 10 + static_cast<std::uint64_t>(c - '0');
            continue;
        }
        length.is_bad = c != separator || i == 0 || length.value > INT64_MAX;
        length.bytes = i + 1;
        return length;
    }
    return length;
}

/// Digits and separator.
class DecimalText {
  public:
    DecimalText(std::uint64_t value, char separator) {
        char* const end = std::to_chars(text_.data(), text_.data() + text_.size(), value).ptr;
        *end = separator;
        size_ = static_cast<std::size_t>(end - text_.data()) + 1;
    }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
        return std::as_bytes(std::span(text_)).first(size_);
    }

  private:
    std::array<char, decimal_b_max + 2> text_;
    std::size_t size_;
};

/// Of a frame whose length stands in front and of which `after_b` bytes follow the message: what
/// there is to say before the whole is looked at; a frame if it is there.
[[nodiscard]] inline Scan scan_decimal(std::span<const std::byte> unparsed,
                                       const DecimalLength& length, std::size_t after_b,
                                       std::size_t frame_b_max) noexcept {
    if (length.is_bad) {
        return bad_frame(FrameFault::bad_length, 0, false, length.value);
    }
    if (length.bytes == 0) {
        return Scan::need(unparsed.size() + 1);
    }
    const std::size_t used_b = length.bytes + after_b;
    if (used_b > frame_b_max || length.value > frame_b_max - used_b) {
        const std::uint64_t claimed_b = length.value + used_b;  // below 2^63 + 2^5
        return bad_frame(FrameFault::oversize, claimed_b, true, claimed_b);
    }
    const std::size_t frame_b = used_b + length.value;
    return unparsed.size() < frame_b ? Scan::need(frame_b)
                                     : Scan::frame(frame_b, length.bytes, length.value);
}

}  // namespace sluice
