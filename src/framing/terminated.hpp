/// Frames that end with a byte that stands nowhere inside: SLIP and COBS.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "framing/basic_framer.hpp"
#include "framing/byte_search.hpp"
#include "sluice/framing/framer.hpp"

namespace sluice {

/// A run of terminators in front belongs to the frame: a sender may write one there to end noise.
/// So there is no empty frame. `is_valid` judges what stands between.
template <typename IsValid>
[[nodiscard]] Scan scan_terminated(std::span<const std::byte> unparsed, const ScanState& state,
                                   std::byte terminator, std::size_t frame_b_max,
                                   const IsValid& is_valid) {
    const std::span<const std::byte> wanted(&terminator, 1);
    if (!state.is_synced) {
        const std::size_t found = find_bytes(unparsed, state.seen_b, wanted);
        if (found != not_found) {
            return bad_frame(FrameFault::bad_sync, found + 1, true);
        }
        return unparsed.empty() ? Scan::need(1)
                                : bad_frame(FrameFault::bad_sync, unparsed.size(), false);
    }
    // Only what a frame may hold is looked at, so that the answer does not depend on how much is
    // there.
    const auto window = unparsed.first(std::min(unparsed.size(), frame_b_max));
    // What was seen has no end of a frame: a terminator there is one of the run in front.
    const bool saw_only_run =
        state.seen_b > 0 && state.seen_b <= window.size() && window[state.seen_b - 1] == terminator;
    const auto is_inside = [terminator](std::byte byte) { return byte != terminator; };
    const auto first =
        std::find_if(window.begin() + static_cast<std::ptrdiff_t>(saw_only_run ? state.seen_b : 0),
                     window.end(), is_inside);
    const auto begin = static_cast<std::size_t>(first - window.begin());
    const std::size_t end = find_bytes(window, std::max(begin, state.seen_b), wanted);
    if (end == not_found) {
        return window.size() < frame_b_max ? Scan::need(unparsed.size() + 1)
                                           : bad_frame(FrameFault::oversize, window.size(), false);
    }
    if (!is_valid(window.subspan(begin, end - begin))) {
        return bad_frame(FrameFault::bad_escape, end + 1, true);
    }
    return Scan::frame(end + 1, begin, end - begin);
}

}  // namespace sluice
