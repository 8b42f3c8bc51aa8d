/// Small framers of the kinds that there are, for tests of what works with any framer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sluice/framing/framer.hpp"

namespace sluice::test {

using ByteSpan = std::span<const std::byte>;

inline std::size_t find(ByteSpan bytes, std::uint8_t wanted, std::size_t from = 0) {
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(std::min(from, bytes.size()));
    return static_cast<std::size_t>(std::find(begin, bytes.end(), std::byte{wanted}) -
                                    bytes.begin());
}

/// What these framers do not do.
class ScanOnlyFramer : public Framer {
  public:
    explicit ScanOnlyFramer(std::size_t frame_b_max) : frame_b_max_(frame_b_max) {}
    [[nodiscard]] Result<FrameEnvelope> enclose(ByteSpan, FrameBody) const override {
        return Error(Errc::invalid_argument);
    }
    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return frame_b_max_; }

  private:
    const std::size_t frame_b_max_;
};

/// A big-endian length of the body, then the body, which is the payload. Of 2 or 8 bytes.
class LengthFramer final : public ScanOnlyFramer {
  public:
    explicit LengthFramer(std::size_t field_b = 2, std::size_t frame_b_max = 1000)
        : ScanOnlyFramer(frame_b_max), field_b_(field_b) {}

    [[nodiscard]] Scan scan(ByteSpan unparsed, const ScanState&) const override {
        if (unparsed.size() < field_b_) {
            return Scan::need(field_b_);
        }
        std::uint64_t body_b = 0;
        for (const std::byte one : unparsed.first(field_b_)) {
            body_b = body_b << 8U | std::to_integer<std::uint64_t>(one);
        }
        if (body_b > frame_b_max() - field_b_) {
            const bool wraps = body_b > ~std::uint64_t{0} - field_b_;
            return {.kind = Scan::Kind::bad,
                    .bytes = wraps ? 0 : field_b_ + body_b,
                    .fault = wraps ? FrameFault::bad_length : FrameFault::oversize,
                    .is_synced = true,
                    .claimed_b = wraps ? body_b : field_b_ + body_b};
        }
        const std::size_t frame_b = field_b_ + static_cast<std::size_t>(body_b);
        if (unparsed.size() < frame_b) {
            return Scan::need(frame_b);
        }
        return Scan::frame(frame_b, field_b_, static_cast<std::size_t>(body_b));
    }
    [[nodiscard]] std::size_t header_b() const noexcept override { return field_b_; }

  private:
    const std::size_t field_b_;
};

/// Lines, without their line feeds.
class LineFramer final : public ScanOnlyFramer {
  public:
    explicit LineFramer(std::size_t frame_b_max = 100) : ScanOnlyFramer(frame_b_max) {}

    [[nodiscard]] Scan scan(ByteSpan unparsed, const ScanState& state) const override {
        const std::size_t at = find(unparsed, '\n', state.seen_b);
        if (!state.is_synced && !unparsed.empty()) {  // the rest of a line that was too long
            const bool is_whole = at < unparsed.size();
            return {
                .kind = Scan::Kind::bad, .bytes = is_whole ? at + 1 : at, .is_synced = is_whole};
        }
        if (at >= frame_b_max()) {
            return {.kind = Scan::Kind::bad,
                    .bytes = frame_b_max(),
                    .fault = FrameFault::oversize,
                    .is_synced = false};
        }
        return at == unparsed.size() ? Scan::need(at + 1) : Scan::frame(at + 1, 0, at);
    }
};

/// a5, the payload's length in one byte, the payload, the sum of its bytes. Without the sum, a
/// frame that is not known to begin there counts only if an a5 follows it, or the end.
class SyncFramer final : public ScanOnlyFramer {
  public:
    static constexpr std::uint8_t sync = 0xa5;

    explicit SyncFramer(bool has_sum = true, std::size_t frame_b_max = 203)
        : ScanOnlyFramer(frame_b_max), has_sum_(has_sum) {}

    [[nodiscard]] bool hunts() const noexcept override { return true; }
    [[nodiscard]] std::size_t header_b() const noexcept override { return 2; }
    [[nodiscard]] Scan scan(ByteSpan unparsed, const ScanState& state) const override {
        const std::size_t garbage_b = find(unparsed, sync);
        if (garbage_b > 0) {
            return bad(FrameFault::bad_sync, garbage_b, 0);
        }
        if (unparsed.size() < 2) {
            return Scan::need(unparsed.size() + 1);  // the first byte may be garbage
        }
        const auto payload_b = std::to_integer<std::size_t>(unparsed[1]);
        const std::size_t frame_b = 2 + payload_b + (has_sum_ ? 1 : 0);
        if (frame_b > frame_b_max()) {
            return bad(FrameFault::oversize, 1, frame_b);
        }
        const bool wants_next = !has_sum_ && !state.is_synced && !state.is_end;
        if (unparsed.size() < frame_b + (wants_next ? 1 : 0)) {
            return Scan::need(frame_b + (wants_next ? 1 : 0));
        }
        if (has_sum_ && sum(unparsed.subspan(2, payload_b)) != unparsed[frame_b - 1]) {
            return bad(FrameFault::bad_checksum, 1, frame_b);
        }
        if (wants_next && unparsed[frame_b] != std::byte{sync}) {
            return bad(FrameFault::bad_sync, 1, frame_b);
        }
        return Scan::frame(frame_b, 2, payload_b);
    }

    [[nodiscard]] static std::byte sum(ByteSpan bytes) {
        unsigned sum = 0;
        for (const std::byte one : bytes) {
            sum += std::to_integer<unsigned>(one);
        }
        return static_cast<std::byte>(sum);
    }

  private:
    static Scan bad(FrameFault fault, std::size_t bytes, std::size_t claimed_b) {
        return {.kind = Scan::Kind::bad, .bytes = bytes, .fault = fault, .claimed_b = claimed_b};
    }

    const bool has_sum_;
};

/// A payload in which \e stands for a bar and \\ for a backslash, then a bar.
class EscapeFramer final : public ScanOnlyFramer {
  public:
    explicit EscapeFramer(std::size_t frame_b_max = 200) : ScanOnlyFramer(frame_b_max) {}

    [[nodiscard]] bool is_escaped() const noexcept override { return true; }
    [[nodiscard]] Scan scan(ByteSpan unparsed, const ScanState& state) const override {
        const std::size_t at = find(unparsed, '|', state.seen_b);
        if (!state.is_synced && !unparsed.empty()) {
            const bool is_whole = at < unparsed.size();
            return {
                .kind = Scan::Kind::bad, .bytes = is_whole ? at + 1 : at, .is_synced = is_whole};
        }
        if (at >= frame_b_max()) {
            return {.kind = Scan::Kind::bad,
                    .bytes = frame_b_max(),
                    .fault = FrameFault::oversize,
                    .is_synced = false};
        }
        if (at == unparsed.size()) {
            return Scan::need(at + 1);
        }
        for (std::size_t i = 0; i < at; ++i) {
            if (unparsed[i] == std::byte{'\\'} &&
                (++i == at || (unparsed[i] != std::byte{'e'} && unparsed[i] != std::byte{'\\'}))) {
                return {.kind = Scan::Kind::bad,
                        .bytes = at + 1,
                        .fault = FrameFault::bad_escape,
                        .is_synced = true};
            }
        }
        return Scan::frame(at + 1, 0, at);
    }
    [[nodiscard]] std::size_t unescape(ByteSpan payload,
                                       std::span<std::byte> target) const override {
        std::size_t written = 0;
        for (std::size_t i = 0; i < payload.size(); ++i) {
            std::byte one = payload[i];
            if (one == std::byte{'\\'}) {
                one = payload[++i] == std::byte{'e'} ? std::byte{'|'} : std::byte{'\\'};
            }
            target[written++] = one;
        }
        return written;
    }
};

inline std::string length_frame(std::string_view body, std::size_t field_b = 2) {
    std::string frame(field_b, '\0');
    for (std::size_t i = 0; i < field_b && i < sizeof(std::size_t); ++i) {
        frame[field_b - 1 - i] = static_cast<char>(body.size() >> (8 * i));
    }
    return frame.append(body);
}

inline std::string sync_frame(std::string_view payload, bool has_sum = true) {
    std::string frame{static_cast<char>(SyncFramer::sync), static_cast<char>(payload.size())};
    frame.append(payload);
    if (has_sum) {
        frame.push_back(static_cast<char>(SyncFramer::sum(std::as_bytes(std::span(payload)))));
    }
    return frame;
}

inline std::string escape_frame(std::string_view payload) {
    std::string frame;
    for (const char one : payload) {
        frame += one == '|' ? "\\e" : one == '\\' ? "\\\\" : std::string(1, one);
    }
    return frame + '|';
}

}  // namespace sluice::test
