/// What became of a stream that was cut into frames.
#pragma once

#include <cstdint>

#include "sluice/core/describe.hpp"

namespace sluice {

/// Incidents by their fault: runs of bytes that were no frame.
struct FramingIncidentCounts {
    std::uint64_t oversize = 0;
    std::uint64_t bad_length = 0;
    std::uint64_t bad_sync = 0;
    std::uint64_t bad_checksum = 0;
    std::uint64_t bad_escape = 0;
    std::uint64_t lost_sync = 0;
    std::uint64_t truncated = 0;
    std::uint64_t timeout = 0;

    [[nodiscard]] std::uint64_t total() const noexcept;
};
[[nodiscard]] const StructDescription& describe(TypeTag<FramingIncidentCounts>);

/// In bytes, but for `frames`; over all connections. Always:
/// received = payload + overhead + skipped + buffered.
struct FramingStats {
    std::uint64_t received = 0;
    std::uint64_t frames = 0;    ///< Published.
    std::uint64_t payload = 0;   ///< Of the published frames.
    std::uint64_t overhead = 0;  ///< Headers, delimiters, escapes, checksums of these.
    std::uint64_t skipped = 0;   ///< Belonged to no whole frame.
    std::uint64_t buffered = 0;  ///< Of a frame that is not whole yet.
    /// Of the received bytes: moved to make a frame contiguous, or written anew without escapes.
    std::uint64_t copied = 0;
    std::uint64_t largest = 0;  ///< The longest frame so far, headers included.
    FramingIncidentCounts incidents;
};
[[nodiscard]] const StructDescription& describe(TypeTag<FramingStats>);

}  // namespace sluice
