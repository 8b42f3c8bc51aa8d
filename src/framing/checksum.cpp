#include "framing/checksum.hpp"

namespace sluice {
namespace {

using Table = std::array<std::uint32_t, 256>;

/// Of a sum of `bits` bits that takes the highest bit of a byte first.
constexpr Table forward_table(std::uint32_t polynomial, unsigned bits) {
    Table table{};
    const std::uint32_t top = std::uint32_t{1} << (bits - 1);
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t sum = i << (bits - 8);
        for (int bit = 0; bit < 8; ++bit) {
            sum = (sum & top) != 0 ? sum << 1 ^ polynomial : sum << 1;
        }
        table[i] = sum & ((top << 1) - 1);
    }
    return table;
}

/// Of a sum that takes the lowest bit first; the polynomial is written in that order too.
constexpr Table reflected_table(std::uint32_t polynomial) {
    Table table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t sum = i;
        for (int bit = 0; bit < 8; ++bit) {
            sum = (sum & 1) != 0 ? sum >> 1 ^ polynomial : sum >> 1;
        }
        table[i] = sum;
    }
    return table;
}

constexpr Table crc16_ccitt_table = forward_table(0x1021, 16);
constexpr Table crc24q_table = forward_table(0x864CFB, 24);
constexpr Table crc32_table = reflected_table(0xEDB88320);

std::uint32_t forward(const Table& table, unsigned bits, std::uint32_t sum,
                      std::span<const std::byte> bytes) noexcept {
    const std::uint32_t mask = (std::uint32_t{1} << bits) - 1;
    for (const std::byte byte : bytes) {
        const std::uint32_t index = sum >> (bits - 8) ^ std::to_integer<std::uint32_t>(byte);
        sum = (sum << 8 & mask) ^ table[index];
    }
    return sum;
}

std::uint32_t reflected(std::uint32_t sum, std::span<const std::byte> bytes) noexcept {
    for (const std::byte byte : bytes) {
        sum = sum >> 8 ^ crc32_table[(sum ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
    }
    return sum;
}

/// Both sums modulo 256, the first one in the high byte.
std::uint32_t fletcher8(std::uint32_t sums, std::span<const std::byte> bytes) noexcept {
    std::uint32_t first = sums >> 8;
    std::uint32_t second = sums & 0xff;
    for (const std::byte byte : bytes) {
        first = (first + std::to_integer<std::uint32_t>(byte)) & 0xff;
        second = (second + first) & 0xff;
    }
    return first << 8 | second;
}

std::uint32_t begin_state(FramingChecksum kind) noexcept {
    if (kind == FramingChecksum::crc16_ccitt) {
        return 0xffff;
    }
    return kind == FramingChecksum::crc32 ? 0xffff'ffff : 0;
}

}  // namespace

std::size_t checksum_b(FramingChecksum kind) noexcept {
    switch (kind) {
        case FramingChecksum::none:
            return 0;
        case FramingChecksum::xor8:
        case FramingChecksum::sum8:
            return 1;
        case FramingChecksum::crc16_ccitt:
        case FramingChecksum::fletcher8:
            return 2;
        case FramingChecksum::crc24q:
            return 3;
        case FramingChecksum::crc32:
        case FramingChecksum::crc32_novatel:
            break;
    }
    return 4;
}

Checksum::Checksum(FramingChecksum kind) noexcept : kind_(kind), state_(begin_state(kind)) {}

void Checksum::add(std::span<const std::byte> bytes) noexcept {
    switch (kind_) {
        case FramingChecksum::none:
            return;
        case FramingChecksum::crc16_ccitt:
            state_ = forward(crc16_ccitt_table, 16, state_, bytes);
            return;
        case FramingChecksum::crc24q:
            state_ = forward(crc24q_table, 24, state_, bytes);
            return;
        case FramingChecksum::crc32:
        case FramingChecksum::crc32_novatel:
            state_ = reflected(state_, bytes);
            return;
        case FramingChecksum::fletcher8:
            state_ = fletcher8(state_, bytes);
            return;
        case FramingChecksum::xor8:
            for (const std::byte byte : bytes) {
                state_ ^= std::to_integer<std::uint32_t>(byte);
            }
            return;
        case FramingChecksum::sum8:
            for (const std::byte byte : bytes) {
                state_ = (state_ + std::to_integer<std::uint32_t>(byte)) & 0xff;
            }
            return;
    }
}

std::uint32_t Checksum::value() const noexcept {
    return kind_ == FramingChecksum::crc32 ? ~state_ : state_;
}

std::array<std::byte, 4> Checksum::bytes(FramingByteOrder order) const noexcept {
    const std::size_t count = checksum_b(kind_);
    const bool is_little = order == FramingByteOrder::little && kind_ != FramingChecksum::fletcher8;
    std::array<std::byte, 4> bytes{};
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t shift = 8 * (is_little ? i : count - 1 - i);
        bytes[i] = static_cast<std::byte>(value() >> shift & 0xff);
    }
    return bytes;
}

}  // namespace sluice
