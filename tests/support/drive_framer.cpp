#include <algorithm>

#include "sluice/core/check.hpp"
#include "support/reference_framing.hpp"

namespace sluice::test {
namespace {

Bytes payload_of(const Framer& framer, std::span<const std::byte> payload) {
    if (!framer.is_escaped()) {
        return {payload.begin(), payload.end()};
    }
    Bytes undone(payload.size());
    undone.resize(framer.unescape(payload, undone));
    return undone;
}

/// The promises of an answer about `unparsed`.
void check_scan(const Framer& framer, std::span<const std::byte> unparsed, const Scan& scan) {
    switch (scan.kind) {
        case Scan::Kind::need:
            SLUICE_CHECK(scan.bytes > unparsed.size(), "need is more than there is");
            SLUICE_CHECK(scan.bytes <= framer.frame_b_max() + 16 + unparsed.size(),
                         "and no more than a frame");
            break;
        case Scan::Kind::frame:
            SLUICE_CHECK(scan.bytes > 0 && scan.bytes <= unparsed.size(), "a frame is there");
            SLUICE_CHECK(scan.bytes <= framer.frame_b_max(), "within the maximum");
            SLUICE_CHECK(scan.payload_offset <= scan.bytes &&
                             scan.payload_b <= scan.bytes - scan.payload_offset,
                         "its payload is in it");
            break;
        case Scan::Kind::bad:
            SLUICE_CHECK(!unparsed.empty(), "nothing is not bad");
            SLUICE_CHECK(!scan.is_synced || scan.bytes > 0, "synced behind something");
            break;
    }
}

/// One stream that comes in pieces.
class Driver {
  public:
    Driver(const Framer& framer, std::span<const std::byte> stream, const Drive& how)
        : framer_(framer), stream_(stream), how_(how) {
        state_.is_synced = how.is_synced;
    }

    std::string run() {
        for (const std::size_t cut : how_.cuts) {
            step(std::min(cut, stream_.size()));
        }
        step(stream_.size());
        state_.is_end = true;
        step(stream_.size());
        if (!is_over_ && at_ < stream_.size()) {
            bad("truncated", stream_.size() - at_);
        }
        end_incident();
        return found_;
    }

  private:
    /// With the stream up to `end` there.
    void step(std::size_t end) {
        while (!is_over_) {
            if (at_ > end) {  // bad bytes that are still to come
                return;
            }
            // A copy of their own, so that a sanitizer sees who looks beyond them.
            const Bytes unparsed(stream_.begin() + static_cast<long>(at_),
                                 stream_.begin() + static_cast<long>(end));
            const Scan scan = framer_.scan(unparsed, state_);
            check_scan(framer_, unparsed, scan);
            if (scan.kind == Scan::Kind::need) {
                state_.seen_b = unparsed.size();
                return;
            }
            if (scan.kind == Scan::Kind::frame) {
                end_incident();
                const auto payload =
                    std::span(unparsed).subspan(scan.payload_offset, scan.payload_b);
                found_ +=
                    std::to_string(scan.bytes) + ":" + to_hex(payload_of(framer_, payload)) + " ";
                state_.is_synced = true;
            } else {
                bad(name(scan.fault), std::min<std::uint64_t>(scan.bytes, stream_.size() - at_));
                is_over_ = !how_.goes_on || scan.bytes == 0;
                state_.is_synced = scan.is_synced;
            }
            at_ += scan.bytes;
            state_.seen_b = 0;
        }
    }

    void bad(std::string_view fault, std::uint64_t bytes) {
        if (incident_.empty()) {
            incident_ = std::string(fault) + "@" + std::to_string(at_);
        }
        bad_b_ += bytes;
    }

    void end_incident() {
        if (!incident_.empty()) {
            found_ += incident_ + (how_.goes_on ? "+" + std::to_string(bad_b_) + " " : "");
        }
        incident_.clear();
        bad_b_ = 0;
    }

    const Framer& framer_;
    const std::span<const std::byte> stream_;
    const Drive& how_;
    ScanState state_;
    std::size_t at_ = 0;
    bool is_over_ = false;
    std::string incident_;
    std::uint64_t bad_b_ = 0;
    std::string found_;
};

}  // namespace

std::string drive(const Framer& framer, std::span<const std::byte> stream, const Drive& how) {
    return Driver(framer, stream, how).run();
}

std::string drive_run(const Framer& framer, std::span<const std::byte> stream) {
    std::string found;
    std::array<FrameExtent, 3> extents;
    for (;;) {
        const FrameRun run = framer.scan_run(stream, {}, extents);
        std::size_t begin = 0;
        for (const FrameExtent& extent : std::span(extents).first(run.frames)) {
            found +=
                std::to_string(extent.end - begin) + ":" +
                to_hex(payload_of(framer, stream.subspan(extent.payload_begin, extent.payload_b))) +
                " ";
            begin = extent.end;
        }
        SLUICE_CHECK(begin == run.bytes, "a run ends with its last frame");
        if (run.stop.kind != Scan::Kind::frame) {
            SLUICE_CHECK(run.frames < extents.size() || run.frames == 0, "why it stopped");
            return found;
        }
        stream = stream.subspan(run.bytes);
    }
}

Result<Bytes> encode(const Framer& framer, std::span<const std::byte> head, FrameBody body) {
    Bytes frame;
    if (framer.is_escaped()) {
        frame.resize(framer.escaped_b_max(size_b(body)));
        const Result<std::size_t> written = framer.escape(body, frame);
        if (!written) {
            return written.error();
        }
        frame.resize(*written);
        return frame;
    }
    const Result<FrameEnvelope> envelope = framer.enclose(head, body);
    if (!envelope) {
        return envelope.error();
    }
    append(frame, envelope->before());
    for (const std::span<const std::byte> piece : body) {
        append(frame, piece);
    }
    append(frame, envelope->after());
    return frame;
}

Result<Bytes> encode(const Framer& framer, std::span<const std::byte> head,
                     std::span<const std::byte> body) {
    return encode(framer, head, FrameBody(&body, 1));
}

}  // namespace sluice::test
