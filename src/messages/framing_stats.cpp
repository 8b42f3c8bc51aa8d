#include "sluice/messages/framing_stats.hpp"

namespace sluice {

std::uint64_t FramingIncidentCounts::total() const noexcept {
    return oversize + bad_length + bad_sync + bad_checksum + bad_escape + lost_sync + truncated +
           timeout;
}

const StructDescription& describe(TypeTag<FramingIncidentCounts>) {
    using Self = FramingIncidentCounts;
    static const StructDescription description =
        Describer<Self>("FramingIncidentCounts", "Runs of bytes that were no frame, by fault.")
            .field("oversize", &Self::oversize, "Longer than the maximum.")
            .field("bad_length", &Self::bad_length, "A length that no frame has.")
            .field("bad_sync", &Self::bad_sync, "No frame began there.")
            .field("bad_checksum", &Self::bad_checksum, "The checksum was another.")
            .field("bad_escape", &Self::bad_escape, "An escape that the framing does not have.")
            .field("lost_sync", &Self::lost_sync, "No frame within max_hunt_length bytes.")
            .field("truncated", &Self::truncated, "The connection ended within a frame.")
            .field("timeout", &Self::timeout, "The rest of a frame did not come in time.");
    return description;
}

const StructDescription& describe(TypeTag<FramingStats>) {
    using Self = FramingStats;
    static const StructDescription description =
        Describer<Self>("FramingStats", "What became of the bytes that were cut into frames.")
            .field("received", &Self::received, "All that came.")
            .unit("bytes")
            .field("frames", &Self::frames, "Published.")
            .field("payload", &Self::payload, "Of the published frames.")
            .unit("bytes")
            .field("overhead", &Self::overhead, "Headers, delimiters, escapes, checksums.")
            .unit("bytes")
            .field("skipped", &Self::skipped, "Belonged to no whole frame.")
            .unit("bytes")
            .field("buffered", &Self::buffered, "Of a frame that is not whole yet.")
            .unit("bytes")
            .field("copied", &Self::copied,
                   "Moved to make a frame contiguous, or written anew without escapes.")
            .unit("bytes")
            .field("largest", &Self::largest, "The longest frame so far, headers included.")
            .unit("bytes")
            .field("incidents", &Self::incidents, "Runs of bytes that were no frame, by fault.");
    return description;
}

}  // namespace sluice
