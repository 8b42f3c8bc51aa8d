/// What the framers of this room share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sluice/framing/framer.hpp"

namespace sluice {

[[nodiscard]] constexpr Scan bad_frame(FrameFault fault, std::uint64_t bytes, bool is_synced,
                                       std::uint64_t claimed_b = 0) noexcept {
    return {.kind = Scan::Kind::bad,
            .bytes = bytes,
            .fault = fault,
            .is_synced = is_synced,
            .claimed_b = claimed_b};
}

/// A Framer whose `scan_run` has `Derived::scan` inlined: no virtual call per frame. Derived
/// defines `scan` in its class.
template <typename Derived>
class BasicFramer : public Framer {
  public:
    [[nodiscard]] FrameRun scan_run(std::span<const std::byte> unparsed, ScanState state,
                                    std::span<FrameExtent> extents) const final {
        const auto& self = static_cast<const Derived&>(*this);
        FrameRun run;
        run.stop.kind = Scan::Kind::frame;
        while (run.frames < extents.size()) {
            const Scan scanned = self.Derived::scan(unparsed.subspan(run.bytes), state);
            if (scanned.kind != Scan::Kind::frame) {
                run.stop = scanned;
                break;
            }
            extents[run.frames++] = {
                .end = static_cast<std::uint32_t>(run.bytes + scanned.bytes),
                .payload_begin = static_cast<std::uint32_t>(run.bytes + scanned.payload_offset),
                .payload_b = static_cast<std::uint32_t>(scanned.payload_b)};
            run.bytes += scanned.bytes;
            state.seen_b = 0;
            state.is_synced = true;
        }
        return run;
    }
};

}  // namespace sluice
