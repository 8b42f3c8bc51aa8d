#include "framing/length_field.hpp"

#include <algorithm>
#include <string>

#include "framing/basic_framer.hpp"
#include "framing/checksum.hpp"

namespace sluice {
namespace {

std::size_t length_end(const Framing& framing) noexcept {
    return std::size_t{framing.length_field_offset} + framing.length_field_length;
}

}  // namespace

std::array<std::byte, 8> store_length(const Framing& framing, std::uint64_t value) {
    std::array<std::byte, 8> bytes{};
    const std::size_t count = framing.length_field_length;
    for (std::size_t i = 0; i < count; ++i) {
        const bool is_little = framing.byte_order == FramingByteOrder::little;
        const std::size_t shift = 8 * (is_little ? i : count - 1 - i);
        bytes[i] = static_cast<std::byte>(value >> shift & 0xff);
    }
    return bytes;
}

std::int64_t expressible_b_min(const Framing& framing) noexcept {
    const std::size_t before_b = framing.length_includes_header ? 0 : length_end(framing);
    return static_cast<std::int64_t>(before_b) + framing.length_adjustment;
}

std::int64_t expressible_b_max(const Framing& framing) noexcept {
    // Five bytes say more than any maximum allows, whatever is added to them.
    const unsigned bits = 8 * std::min<unsigned>(framing.length_field_length, 5);
    return (std::int64_t{1} << bits) - 1 + expressible_b_min(framing);
}

std::uint64_t length_frame_b_min(const Framing& framing) noexcept {
    const std::uint64_t sum_b = checksum_b(framing.checksum);
    return std::max({length_end(framing) + sum_b,
                     framing.initial_bytes_to_strip + (framing.strip_checksum ? sum_b : 0),
                     framing.checksum_offset + sum_b});
}

// bias_: what is added to any value is what the value 0 stands for.
LengthRule::LengthRule(const Framing& framing)
    : header_b_(length_end(framing)),
      frame_b_min_(length_frame_b_min(framing)),
      frame_b_max_(std::min(framing.max_frame_length,
                            static_cast<std::uint64_t>(expressible_b_max(framing)))),
      bias_(static_cast<std::uint64_t>(expressible_b_min(framing))) {
    const std::int64_t least = static_cast<std::int64_t>(frame_b_min_) - expressible_b_min(framing);
    const std::int64_t most = static_cast<std::int64_t>(frame_b_max_) - expressible_b_min(framing);
    value_min_ = static_cast<std::uint64_t>(std::max<std::int64_t>(least, 0));
    SLUICE_CHECK(most >= static_cast<std::int64_t>(value_min_), "a valid framing has a frame");
    value_span_ = static_cast<std::uint64_t>(most) - value_min_;
}

Scan LengthRule::refuse(std::uint64_t value) const noexcept {
    constexpr std::uint64_t top_bit = std::uint64_t{1} << 63;
    if (value >= top_bit) {  // nobody means this, and nothing may be added to it
        return bad_frame(FrameFault::bad_length, 0, false, value);
    }
    const auto claimed = static_cast<std::int64_t>(value + bias_);  // below 2^63 + 2^32
    if (value > value_min_) {
        const std::uint64_t whole_b = value + bias_;
        return bad_frame(FrameFault::oversize, whole_b, true, whole_b);
    }
    const std::uint64_t whole_b = claimed > 0 ? static_cast<std::uint64_t>(claimed) : 0;
    // Long enough for its header, if not for what is stripped: then its end is known.
    const bool has_end = whole_b >= header_b_;
    return bad_frame(FrameFault::bad_length, has_end ? whole_b : 0, has_end, whole_b);
}

Result<std::uint64_t> LengthRule::value(std::uint64_t frame_b) const {
    if (frame_b > frame_b_max_) {
        return Error(Errc::too_large, "a frame of " + std::to_string(frame_b) +
                                          " bytes; allowed are " + std::to_string(frame_b_max_));
    }
    const std::uint64_t value = frame_b - bias_;
    if (frame_b < frame_b_min_ || !allows(value)) {
        return Error(Errc::invalid_argument, "a frame of " + std::to_string(frame_b) +
                                                 " bytes; allowed are " +
                                                 std::to_string(value_min_ + bias_) + " or more");
    }
    return value;
}

}  // namespace sluice
