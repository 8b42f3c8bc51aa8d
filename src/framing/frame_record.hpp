/// How a frame without its escapes stands in a batch's block: never outside of the process.
///
///     offset   0                8          12            16
///              +----------------+----------+-------------+--     --+
///              | stream offset  | wire_b   | payload_b   | payload |
///              +----------------+----------+-------------+--     --+
///
/// Numbers are unsigned, in the machine's byte order, not aligned; the next record follows at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace sluice::detail {

struct FrameRecord {
    static constexpr std::size_t header_b = 16;

    std::uint64_t stream_offset = 0;
    std::uint32_t wire_b = 0;
    std::uint32_t payload_b = 0;
};

/// REQUIRES: target.size() >= header_b.
inline void store(const FrameRecord& record, std::span<std::byte> target) noexcept {
    std::memcpy(target.data(), &record.stream_offset, sizeof record.stream_offset);
    std::memcpy(target.data() + 8, &record.wire_b, sizeof record.wire_b);
    std::memcpy(target.data() + 12, &record.payload_b, sizeof record.payload_b);
}

/// REQUIRES: source.size() >= header_b.
[[nodiscard]] inline FrameRecord load_record(std::span<const std::byte> source) noexcept {
    FrameRecord record;
    std::memcpy(&record.stream_offset, source.data(), sizeof record.stream_offset);
    std::memcpy(&record.wire_b, source.data() + 8, sizeof record.wire_b);
    std::memcpy(&record.payload_b, source.data() + 12, sizeof record.payload_b);
    return record;
}

}  // namespace sluice::detail
