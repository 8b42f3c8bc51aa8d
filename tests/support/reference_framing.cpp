#include "support/reference_framing.hpp"

#include <algorithm>
#include <optional>

#include "sluice/core/check.hpp"

namespace sluice::test {
namespace {

__extension__ using Wide = __int128;

/// What stands at the front: a frame, a fault, or nothing whole.
struct Front {
    std::size_t wire_b = 0;
    Bytes payload;
    std::string fault;
};

Front fault(std::string name) {
    return {0, {}, std::move(name)};
}
Front incomplete() {
    return fault("truncated");
}

/// Of a frame that is so long and of which some bytes are not handed on.
Front whole(const Bytes& rest, Wide frame_b, Wide strip_b, Wide end_b, const Framing& framing) {
    if (frame_b > Wide(framing.max_frame_length)) {
        return fault("oversize");
    }
    if (strip_b > end_b) {
        return fault("bad_length");
    }
    if (frame_b > Wide(rest.size())) {
        return incomplete();
    }
    return {static_cast<std::size_t>(frame_b),
            Bytes(rest.begin() + static_cast<std::ptrdiff_t>(strip_b),
                  rest.begin() + static_cast<std::ptrdiff_t>(end_b)),
            ""};
}

unsigned number(std::byte byte) {
    return std::to_integer<unsigned>(byte);
}

/// The checksums bit by bit, from their definitions.
std::uint32_t crc(const Bytes& bytes, int bits, std::uint32_t polynomial, std::uint32_t sum) {
    for (const std::byte byte : bytes) {
        for (int bit = 7; bit >= 0; --bit) {
            const bool is_odd = ((sum >> (bits - 1) ^ number(byte) >> bit) & 1) != 0;
            sum = sum << 1 ^ (is_odd ? polynomial : 0);
        }
    }
    return bits == 32 ? sum : sum & ((1U << bits) - 1);
}

std::uint32_t mirrored(std::uint32_t value, int bits) {
    std::uint32_t result = 0;
    for (int bit = 0; bit < bits; ++bit) {
        result |= (value >> bit & 1) << (bits - 1 - bit);
    }
    return result;
}

std::uint32_t mirrored_crc32(Bytes bytes, std::uint32_t begin) {
    for (std::byte& byte : bytes) {
        byte = static_cast<std::byte>(mirrored(number(byte), 8));
    }
    return mirrored(crc(bytes, 32, 0x04C11DB7, begin), 32);
}

Bytes big_endian(std::uint32_t value, std::size_t count) {
    Bytes bytes;
    for (std::size_t i = count; i > 0; --i) {
        bytes.push_back(static_cast<std::byte>(value >> (8 * (i - 1)) & 0xff));
    }
    return bytes;
}

Bytes checksum(const Framing& framing, const Bytes& covered) {
    Bytes sum;
    unsigned first = 0;
    unsigned second = 0;
    unsigned parity = 0;
    for (const std::byte byte : covered) {
        first = (first + number(byte)) % 256;
        second = (second + first) % 256;
        parity ^= number(byte);
    }
    switch (framing.checksum) {
        case FramingChecksum::none:
            return {};
        case FramingChecksum::fletcher8:
            return {static_cast<std::byte>(first), static_cast<std::byte>(second)};
        case FramingChecksum::sum8:
            return {static_cast<std::byte>(first)};
        case FramingChecksum::xor8:
            return {static_cast<std::byte>(parity)};
        case FramingChecksum::crc16_ccitt:
            sum = big_endian(crc(covered, 16, 0x1021, 0xffff), 2);
            break;
        case FramingChecksum::crc24q:
            sum = big_endian(crc(covered, 24, 0x864CFB, 0), 3);
            break;
        case FramingChecksum::crc32:
            sum = big_endian(~mirrored_crc32(covered, 0xffffffff), 4);
            break;
        case FramingChecksum::crc32_novatel:
            sum = big_endian(mirrored_crc32(covered, 0), 4);
            break;
    }
    if (framing.byte_order == FramingByteOrder::little) {
        std::reverse(sum.begin(), sum.end());
    }
    return sum;
}

Bytes part(const Bytes& bytes, std::size_t begin, std::size_t end) {
    return {bytes.begin() + static_cast<std::ptrdiff_t>(begin),
            bytes.begin() + static_cast<std::ptrdiff_t>(end)};
}

Front length_or_sync(const Framing& framing, const Bytes& rest) {
    const Bytes sync = from_hex(framing.sync);
    for (std::size_t i = 0; i < std::min(sync.size(), rest.size()); ++i) {
        if (rest[i] != sync[i]) {
            return fault("bad_sync");
        }
    }
    const std::size_t header_b = framing.length_field_offset + framing.length_field_length;
    if (rest.size() < header_b) {
        return incomplete();
    }
    Bytes field = part(rest, framing.length_field_offset, header_b);
    if (framing.byte_order == FramingByteOrder::little) {
        std::reverse(field.begin(), field.end());
    }
    Wide value = 0;
    for (const std::byte byte : field) {
        value = value * 256 + number(byte);
    }
    if (value >= Wide(1) << 63) {
        return fault("bad_length");
    }
    const Wide frame_b = (framing.length_includes_header ? Wide(0) : Wide(header_b)) + value +
                         framing.length_adjustment;
    const std::size_t sum_b = checksum(framing, {}).size();
    const Wide end_b = frame_b - (framing.strip_checksum ? Wide(sum_b) : 0);
    if (frame_b < Wide(header_b + sum_b) || frame_b < Wide(framing.checksum_offset + sum_b)) {
        return fault("bad_length");
    }
    Front front = whole(rest, frame_b, framing.initial_bytes_to_strip, end_b, framing);
    if (!front.fault.empty()) {
        return front;
    }
    const std::size_t sum_begin = front.wire_b - sum_b;
    const Bytes covered = part(rest, framing.checksum_offset, sum_begin);
    const bool is_good = checksum(framing, covered) == part(rest, sum_begin, front.wire_b);
    return is_good ? front : fault("bad_checksum");
}

Front varint(const Framing& framing, const Bytes& rest) {
    Wide value = 0;
    for (std::size_t digits = 1;; ++digits) {
        const std::size_t at = framing.varint_offset + digits - 1;
        if (at >= rest.size()) {
            return incomplete();
        }
        const unsigned digit = number(rest[at]);
        value += Wide(digit & 0x7f) << (7 * (digits - 1));
        if (digits > 9 || value >= Wide(1) << 63) {
            return fault("bad_length");
        }
        if (digit < 0x80) {
            if (digit == 0 && digits > 1) {
                return fault("bad_length");
            }
            const Wide frame_b = Wide(framing.varint_offset) + Wide(digits) + value;
            const Wide strip_b = framing.initial_bytes_to_strip;
            const bool strips_varint = strip_b > Wide(framing.varint_offset);
            return whole(rest, frame_b, strips_varint ? strip_b - 1 + Wide(digits) : strip_b,
                         frame_b, framing);
        }
    }
}

Front delimiter(const Framing& framing, const Bytes& rest) {
    const Bytes wanted = from_hex(framing.delimiter);
    for (std::size_t end = 1; end <= rest.size() && end <= framing.max_frame_length; ++end) {
        if (end < wanted.size() || part(rest, end - wanted.size(), end) != wanted) {
            continue;
        }
        std::size_t payload_end = end;
        if (framing.strip_delimiter) {
            payload_end -= wanted.size();
            if (framing.accept_carriage_return && payload_end > 0 &&
                number(rest[payload_end - 1]) == 0x0d) {
                --payload_end;
            }
        }
        return whole(rest, Wide(end), framing.initial_bytes_to_strip, Wide(payload_end), framing);
    }
    return rest.size() >= framing.max_frame_length ? fault("oversize") : incomplete();
}

Front decimal(const Framing& framing, const Bytes& rest) {
    const bool is_netstring = framing.kind == FramingKind::netstring;
    std::string digits;
    for (const std::byte byte : rest) {
        const char c = std::to_integer<char>(byte);
        if (c >= '0' && c <= '9') {
            digits += c;
            const bool is_zero = digits[0] == '0' && (!is_netstring || digits.size() > 1);
            if (is_zero || digits.size() > 19) {
                return fault("bad_length");
            }
            continue;
        }
        if (c != (is_netstring ? ':' : ' ') || digits.empty()) {
            return fault("bad_length");
        }
        Wide value = 0;
        for (const char digit : digits) {
            value = value * 10 + (digit - '0');
        }
        if (value >= Wide(1) << 63) {
            return fault("bad_length");
        }
        const Wide begin = Wide(digits.size()) + 1;
        Front front =
            whole(rest, begin + value + (is_netstring ? 1 : 0), begin, begin + value, framing);
        if (front.fault.empty() && is_netstring && number(rest[front.wire_b - 1]) != ',') {
            return fault("bad_length");
        }
        return front;
    }
    return incomplete();
}

std::optional<Bytes> slip_undone(const Bytes& escaped) {
    Bytes bytes;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        if (number(escaped[i]) != 0xdb) {
            bytes.push_back(escaped[i]);
            continue;
        }
        ++i;
        if (i == escaped.size() || (number(escaped[i]) != 0xdc && number(escaped[i]) != 0xdd)) {
            return {};
        }
        bytes.push_back(static_cast<std::byte>(number(escaped[i]) == 0xdc ? 0xc0 : 0xdb));
    }
    return bytes;
}

std::optional<Bytes> cobs_undone(const Bytes& escaped) {
    Bytes bytes;
    std::size_t i = 0;
    while (i < escaped.size()) {
        const unsigned code = number(escaped[i++]);
        for (unsigned count = 1; count < code; ++count) {
            if (i == escaped.size()) {
                return {};
            }
            bytes.push_back(escaped[i++]);
        }
        if (code < 255 && i < escaped.size()) {
            bytes.push_back(std::byte{0});
        }
    }
    return bytes;
}

Front terminated(const Framing& framing, const Bytes& rest) {
    const bool is_slip = framing.kind == FramingKind::slip;
    Bytes inside;
    for (std::size_t i = 0; i < rest.size() && i < framing.max_frame_length; ++i) {
        if (number(rest[i]) != (is_slip ? 0xc0U : 0U)) {
            inside.push_back(rest[i]);
        } else if (!inside.empty()) {
            const auto undone = is_slip ? slip_undone(inside) : cobs_undone(inside);
            return undone ? Front{i + 1, *undone, ""} : fault("bad_escape");
        }
    }
    return rest.size() >= framing.max_frame_length ? fault("oversize") : incomplete();
}

Front dle(const Framing& framing, const Bytes& rest) {
    const std::byte escape = from_hex(framing.escape_byte)[0];
    if (rest[0] != escape) {
        return fault("bad_sync");
    }
    if (rest.size() < 2) {
        return incomplete();
    }
    Bytes payload{rest[1]};
    std::size_t payload_b = 0;
    switch (number(rest[1])) {
        case '1':
            payload_b = 10;
            break;
        case '2':
            payload_b = 15;
            break;
        case '3':
        case '4':
            payload_b = 22;
            break;
        default:
            return fault("bad_sync");
    }
    std::size_t i = 2;
    while (payload.size() < payload_b) {
        if (i == rest.size() || (rest[i] == escape && i + 1 == rest.size())) {
            return incomplete();
        }
        if (rest[i] == escape && rest[i + 1] != escape) {
            return fault("bad_escape");
        }
        i += rest[i] == escape ? 1U : 0U;
        payload.push_back(rest[i++]);
    }
    return {i, payload, ""};
}

Front front_of(const Framing& framing, const Bytes& rest) {
    switch (framing.kind) {
        case FramingKind::length:
        case FramingKind::sync:
            return length_or_sync(framing, rest);
        case FramingKind::varint:
            return varint(framing, rest);
        case FramingKind::delimiter:
            return delimiter(framing, rest);
        case FramingKind::fixed:
            return whole(rest, framing.frame_length, framing.initial_bytes_to_strip,
                         framing.frame_length, framing);
        case FramingKind::octet_counting:
        case FramingKind::netstring:
            return decimal(framing, rest);
        case FramingKind::slip:
        case FramingKind::cobs:
            return terminated(framing, rest);
        case FramingKind::dle:
            return dle(framing, rest);
        case FramingKind::raw:
            break;
    }
    const std::size_t frame_b = std::min<std::size_t>(rest.size(), framing.max_frame_length);
    return {frame_b, part(rest, 0, frame_b), ""};
}

}  // namespace

Bytes bytes_of(std::string_view text) {
    Bytes bytes(text.size());
    std::transform(text.begin(), text.end(), bytes.begin(),
                   [](char c) { return static_cast<std::byte>(c); });
    return bytes;
}

Bytes from_hex(std::string_view text) {
    Bytes bytes;
    std::string pair;
    for (const char c : text) {
        if (c != ' ') {
            pair += c;
        }
        if (pair.size() == 2) {
            bytes.push_back(static_cast<std::byte>(std::stoi(pair, nullptr, 16)));
            pair.clear();
        }
    }
    SLUICE_CHECK(pair.empty(), "hexadecimal digits come in pairs");
    return bytes;
}

std::string to_hex(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte byte : bytes) {
        text += "0123456789abcdef"[number(byte) / 16];
        text += "0123456789abcdef"[number(byte) % 16];
    }
    return text;
}

void append(Bytes& target, std::span<const std::byte> source) {
    target.insert(target.end(), source.begin(), source.end());
}

std::size_t head_b(const Framing& framing) {
    switch (framing.kind) {
        case FramingKind::length:
            return framing.length_field_offset;
        case FramingKind::sync:
            return framing.length_field_offset - framing.sync.size() / 2;
        case FramingKind::varint:
            return framing.varint_offset;
        default:
            return 0;
    }
}

std::string reference(const Framing& framing, std::span<const std::byte> stream) {
    std::string found;
    std::size_t at = 0;
    while (at < stream.size()) {
        const Front front =
            front_of(framing, Bytes(stream.begin() + static_cast<long>(at), stream.end()));
        if (!front.fault.empty()) {
            return found + front.fault + "@" + std::to_string(at);
        }
        found += std::to_string(front.wire_b) + ":" + to_hex(front.payload) + " ";
        at += front.wire_b;
    }
    return found;
}

}  // namespace sluice::test
