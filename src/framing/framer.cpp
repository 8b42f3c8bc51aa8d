#include "sluice/framing/framer.hpp"

#include <algorithm>

#include "sluice/core/check.hpp"

namespace sluice {

std::string_view name(FrameFault fault) noexcept {
    switch (fault) {
        case FrameFault::oversize:
            return "oversize";
        case FrameFault::bad_length:
            return "bad_length";
        case FrameFault::bad_sync:
            return "bad_sync";
        case FrameFault::bad_checksum:
            return "bad_checksum";
        case FrameFault::bad_escape:
            return "bad_escape";
        case FrameFault::lost_sync:
            return "lost_sync";
        case FrameFault::truncated:
            return "truncated";
        case FrameFault::timeout:
            break;
    }
    return "timeout";
}

void FrameEnvelope::append_before(std::span<const std::byte> bytes) {
    SLUICE_CHECK(bytes.size() <= before_b_max - before_b_, "too much before a body");
    std::ranges::copy(bytes, before_.begin() + before_b_);
    before_b_ = static_cast<std::uint16_t>(before_b_ + bytes.size());
}

void FrameEnvelope::append_after(std::span<const std::byte> bytes) {
    SLUICE_CHECK(bytes.size() <= after_b_max - after_b_, "too much behind a body");
    std::ranges::copy(bytes, after_.begin() + after_b_);
    after_b_ = static_cast<std::uint8_t>(after_b_ + bytes.size());
}

std::size_t size_b(FrameBody body) noexcept {
    std::size_t bytes = 0;
    for (const std::span<const std::byte> piece : body) {
        bytes += piece.size();
    }
    return bytes;
}

FrameRun Framer::scan_run(std::span<const std::byte> unparsed, ScanState state,
                          std::span<FrameExtent> extents) const {
    FrameRun run;
    run.stop.kind = Scan::Kind::frame;
    while (run.frames < extents.size()) {
        const Scan scanned = scan(unparsed.subspan(run.bytes), state);
        if (scanned.kind != Scan::Kind::frame) {
            run.stop = scanned;
            break;
        }
        SLUICE_CHECK(scanned.bytes <= unparsed.size() - run.bytes,
                     "a framer that finds a frame longer than the bytes that there are");
        extents[run.frames++] = {
            .end = static_cast<std::uint32_t>(run.bytes + scanned.bytes),
            .payload_begin = static_cast<std::uint32_t>(run.bytes + scanned.payload_offset),
            .payload_b = static_cast<std::uint32_t>(scanned.payload_b)};
        run.bytes += scanned.bytes;
        state = {.seen_b = 0, .is_synced = true, .is_end = state.is_end};
    }
    return run;
}

std::size_t Framer::count_alike(std::span<const std::byte> unparsed, std::size_t frame_b,
                                std::size_t frames_max) const {
    static_cast<void>(unparsed);
    static_cast<void>(frame_b);
    static_cast<void>(frames_max);
    return 0;
}

std::size_t Framer::unescape(std::span<const std::byte> payload,
                             std::span<std::byte> target) const {
    static_cast<void>(payload);
    static_cast<void>(target);
    SLUICE_CHECK(false, "unescape() of a framing without escapes");
    return 0;
}

std::size_t Framer::escaped_b_max(std::size_t body_b) const noexcept {
    static_cast<void>(body_b);
    SLUICE_CHECK(false, "escaped_b_max() of a framing without escapes");
    return 0;
}

Result<std::size_t> Framer::escape(FrameBody body, std::span<std::byte> target) const {
    static_cast<void>(body);
    static_cast<void>(target);
    SLUICE_CHECK(false, "escape() of a framing without escapes");
    return std::size_t{0};
}

}  // namespace sluice
