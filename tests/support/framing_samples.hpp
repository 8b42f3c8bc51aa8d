/// Framings and messages that suit them, drawn by rapidcheck.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/framing/framing.hpp"
#include "support/reference_framing.hpp"

namespace sluice::test {

template <typename T>
T drawn(T least, T most) {
    return *rc::gen::inRange<T>(least, static_cast<T>(most + 1));
}

inline std::string any_hex(std::size_t bytes_max) {
    std::string text;
    for (std::size_t i = drawn<std::size_t>(1, bytes_max); i > 0; --i) {
        text += *rc::gen::element('0', '1', '9', 'a', 'f', 'C');
        text += *rc::gen::element('0', '5', 'd', 'B');
    }
    return text;
}

inline void draw_length(Framing& framing) {
    framing.length_field_length = drawn<std::uint32_t>(1, 8);
    framing.byte_order = *rc::gen::element(FramingByteOrder::big, FramingByteOrder::little);
    framing.length_includes_header = *rc::gen::arbitrary<bool>();
    framing.length_adjustment = drawn<std::int32_t>(-20, 20);
}

inline void draw_kind(Framing& framing) {
    using enum FramingKind;
    framing.kind = *rc::gen::element(length, varint, delimiter, fixed, octet_counting, netstring,
                                     slip, cobs, dle, sync, raw);
    const auto maybe = [](std::uint32_t most) {
        return *rc::gen::arbitrary<bool>() ? drawn<std::uint32_t>(0, most) : 0U;
    };
    if (framing.kind == length) {
        framing.length_field_offset = maybe(12);
        framing.initial_bytes_to_strip = maybe(12);
        draw_length(framing);
    } else if (framing.kind == varint) {
        framing.varint_offset = maybe(5);
        framing.initial_bytes_to_strip = maybe(5);
    } else if (framing.kind == delimiter) {
        framing.delimiter = any_hex(4);
        framing.strip_delimiter = *rc::gen::arbitrary<bool>();
        framing.initial_bytes_to_strip = maybe(2);
        if (*rc::gen::arbitrary<bool>()) {
            framing.delimiter = "0a";
            framing.accept_carriage_return = *rc::gen::arbitrary<bool>();
        }
    } else if (framing.kind == fixed) {
        framing.frame_length = drawn<std::uint32_t>(1, 30);
        framing.initial_bytes_to_strip = maybe(framing.frame_length);
    } else if (framing.kind == dle) {
        framing.escape_byte = *rc::gen::element<std::string>("1a", "10", "00", "7D");
    } else if (framing.kind == sync) {
        framing.sync = any_hex(3);
        framing.length_field_offset = drawn<std::uint32_t>(3, 9);
        framing.checksum = static_cast<FramingChecksum>(drawn(0, 7));
        if (framing.checksum != FramingChecksum::none) {
            framing.checksum_offset = maybe(3);
            framing.strip_checksum = *rc::gen::arbitrary<bool>();
        }
        framing.initial_bytes_to_strip = maybe(9);
        draw_length(framing);
    }
}

/// A valid one, of any kind.
inline Framing any_framing() {
    for (;;) {
        Framing framing;
        draw_kind(framing);
        if (*rc::gen::arbitrary<bool>()) {
            framing.max_frame_length = drawn<std::uint64_t>(1, 300) *
                                       *rc::gen::element<std::uint64_t>(1, 1, 1024, 1024 * 1024);
        }
        if (framing.kind == FramingKind::dle || framing.kind == FramingKind::sync) {
            framing.max_hunt_length = *rc::gen::element<std::uint64_t>(1, 1000, 65'536, 1U << 30U);
        }
        framing.on_bad_frame = static_cast<OnBadFrame>(drawn(0, 3));
        framing.on_oversize = static_cast<OnOversize>(drawn(0, 1));
        if (validate(framing)) {
            return framing;
        }
    }
}

/// Bytes among which those that mean something are frequent.
inline std::vector<std::byte> any_bytes(std::size_t count) {
    return *rc::gen::container<std::vector<std::byte>>(
        count, rc::gen::map(rc::gen::oneOf(rc::gen::arbitrary<std::uint8_t>(),
                                           rc::gen::element<std::uint8_t>(0, 1, 0x0a, 0x0d, 0x1a,
                                                                          0x31, 0xc0, 0xdb, 0xff)),
                            [](std::uint8_t byte) { return static_cast<std::byte>(byte); }));
}

/// A body of a size that the framing may carry.
inline std::vector<std::byte> any_body(const Framing& framing) {
    if (framing.kind == FramingKind::fixed) {
        return any_bytes(framing.frame_length);
    }
    if (framing.kind == FramingKind::dle) {
        const auto type = *rc::gen::element('1', '2', '3', '4');
        std::vector<std::byte> body = any_bytes(type == '1' ? 10 : type == '2' ? 15 : 22);
        body[0] = static_cast<std::byte>(type);
        return body;
    }
    return any_bytes(*rc::gen::element<std::size_t>(0, 1, 2, 5, 20, 130, 253, 254, 255, 256, 300));
}

/// Places to cut a stream at.
inline std::vector<std::size_t> any_cuts(std::size_t stream_b) {
    std::vector<std::size_t> cuts = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::inRange<std::size_t>(0, stream_b + 1));
    std::sort(cuts.begin(), cuts.end());
    return cuts;
}

}  // namespace sluice::test
