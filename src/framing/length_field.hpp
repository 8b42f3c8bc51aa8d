/// The length field of the kinds length and sync: from its value to the length of a frame.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "sluice/core/result.hpp"
#include "sluice/framing/framer.hpp"
#include "sluice/framing/framing.hpp"

namespace sluice {

/// The unsigned number that so many bytes are.
template <std::size_t bytes, FramingByteOrder order>
[[nodiscard]] inline std::uint64_t load_length(const std::byte* source) noexcept {
    static_assert(std::endian::native == std::endian::little && bytes >= 1 && bytes <= 8);
    if constexpr (bytes == 4) {
        std::uint32_t value = 0;
        std::memcpy(&value, source, bytes);
        return order == FramingByteOrder::little ? value : __builtin_bswap32(value);
    } else {
        std::uint64_t value = 0;
        std::memcpy(&value, source, bytes);
        return order == FramingByteOrder::little ? value
                                                 : __builtin_bswap64(value) >> (64 - 8 * bytes);
    }
}

/// Calls `visitor.operator()<bytes, order>()` for what the framing has.
template <typename Visitor>
auto visit_length_field(const Framing& framing, const Visitor& visitor) {
    using enum FramingByteOrder;
    const bool is_big = framing.byte_order == big;
    switch (framing.length_field_length) {
        case 1:
            return visitor.template operator()<1, big>();
        case 2:
            return is_big ? visitor.template operator()<2, big>()
                          : visitor.template operator()<2, little>();
        case 3:
            return is_big ? visitor.template operator()<3, big>()
                          : visitor.template operator()<3, little>();
        case 4:
            return is_big ? visitor.template operator()<4, big>()
                          : visitor.template operator()<4, little>();
        case 5:
            return is_big ? visitor.template operator()<5, big>()
                          : visitor.template operator()<5, little>();
        case 6:
            return is_big ? visitor.template operator()<6, big>()
                          : visitor.template operator()<6, little>();
        case 7:
            return is_big ? visitor.template operator()<7, big>()
                          : visitor.template operator()<7, little>();
        default:
            return is_big ? visitor.template operator()<8, big>()
                          : visitor.template operator()<8, little>();
    }
}

/// The bytes of a length field: the first length_field_length of them.
[[nodiscard]] std::array<std::byte, 8> store_length(const Framing& framing, std::uint64_t value);

/// Which values a length field may have, decided once, so that a frame costs one comparison.
class LengthRule {
  public:
    explicit LengthRule(const Framing& framing);

    /// Where the length field ends.
    [[nodiscard]] std::size_t header_b() const noexcept { return header_b_; }
    /// The shortest frame: what it must hold for its own fields and for what is stripped.
    [[nodiscard]] std::uint64_t frame_b_min() const noexcept { return frame_b_min_; }
    [[nodiscard]] std::uint64_t frame_b_max() const noexcept { return frame_b_max_; }

    /// Whether a frame may have this value: neither too short nor too long.
    [[nodiscard]] bool allows(std::uint64_t value) const noexcept {
        return value - value_min_ <= value_span_;
    }
    /// What the framing adds to a value, modulo 2^64: of one that is allowed, the frame's length.
    [[nodiscard]] std::uint64_t frame_b(std::uint64_t value) const noexcept {
        return value + bias_;
    }
    /// The value of a frame of so many bytes that is known to be allowed.
    [[nodiscard]] std::uint64_t value_of(std::uint64_t frame_b) const noexcept {
        return frame_b - bias_;
    }
    /// Why a value is not allowed. REQUIRES: !allows(value).
    [[nodiscard]] Scan refuse(std::uint64_t value) const noexcept;

    /// The value for a frame of so many bytes. Errors: as of Framer::enclose.
    [[nodiscard]] Result<std::uint64_t> value(std::uint64_t frame_b) const;

  private:
    std::size_t header_b_;
    std::uint64_t frame_b_min_;
    std::uint64_t frame_b_max_;
    std::uint64_t bias_;  // frame length less value, modulo 2^64
    std::uint64_t value_min_;
    std::uint64_t value_span_;
};

/// What a length field can say at most, in bytes of the whole frame: the value's largest plus what
/// is added to it, or more than any maximum.
[[nodiscard]] std::int64_t expressible_b_max(const Framing& framing) noexcept;
/// The length of the frame whose length field is 0; may be negative.
[[nodiscard]] std::int64_t expressible_b_min(const Framing& framing) noexcept;
/// The shortest frame that a framing of the kinds length and sync allows; see LengthRule.
[[nodiscard]] std::uint64_t length_frame_b_min(const Framing& framing) noexcept;

}  // namespace sluice
