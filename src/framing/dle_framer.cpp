#include "framing/dle.hpp"

#include "framing/body_limits.hpp"
#include "framing/byte_search.hpp"
#include "framing/escaped_framer.hpp"
#include "framing/framers.hpp"
#include "framing/hex_bytes.hpp"

namespace sluice {
namespace {

/// Beast: an escape byte begins a frame, its type decides the length, and an escape byte inside is
/// doubled. So a single one inside begins the next frame.
class DleFramer final : public EscapedFramer<DleFramer> {
  public:
    explicit DleFramer(const Framing& framing) : escape_(hex_bytes(framing.escape_byte).front()) {}

    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed,
                            const ScanState& state) const override {
        if (unparsed.empty() || (unparsed.size() == 1 && unparsed[0] == escape_)) {
            return Scan::need(2);
        }
        const std::size_t body_b = unparsed[0] == escape_ ? dle_frame_b(unparsed[1]) : 0;
        if (body_b == 0) {
            return hunt(unparsed);
        }
        std::size_t wire_b = 2;
        for (std::size_t found_b = 1; found_b < body_b; ++found_b) {
            if (wire_b == unparsed.size()) {
                return Scan::need(wire_b + 1);
            }
            if (unparsed[wire_b] == escape_) {
                if (wire_b + 1 == unparsed.size()) {
                    return Scan::need(wire_b + 2);
                }
                if (unparsed[wire_b + 1] != escape_) {
                    return bad_frame(FrameFault::bad_escape, wire_b, true);
                }
                ++wire_b;
            }
            ++wire_b;
        }
        if (!state.is_synced && !state.is_end && wire_b == unparsed.size()) {
            return Scan::need(wire_b + 1);
        }
        // Found within noise, it counts only if the next frame begins behind it.
        if (!state.is_synced && wire_b < unparsed.size() && unparsed[wire_b] != escape_) {
            return hunt(unparsed);
        }
        return Scan::frame(wire_b, 1, wire_b - 1);
    }

    [[nodiscard]] std::size_t unescape(std::span<const std::byte> payload,
                                       std::span<std::byte> target) const override {
        std::size_t written = 0;
        for (std::size_t i = 0; i < payload.size(); ++i) {
            target[written++] = payload[i];
            i += payload[i] == escape_ ? 1U : 0U;
        }
        return written;
    }

    [[nodiscard]] std::size_t escaped_b_max(std::size_t body_b) const noexcept override {
        return 2 * body_b + 1;
    }

    [[nodiscard]] Result<std::size_t> escape(FrameBody body,
                                             std::span<std::byte> target) const override {
        std::size_t allowed_b = 0;  // as the type says
        std::size_t written = 0;
        target[written++] = escape_;
        for (const std::span<const std::byte> piece : body) {
            for (const std::byte byte : piece) {
                allowed_b = allowed_b == 0 ? dle_frame_b(byte) : allowed_b;
                if (allowed_b == 0) {
                    return Error(Errc::invalid_argument,
                                 "the body does not begin with a type; allowed are 1, 2, 3 and 4");
                }
                target[written++] = byte;
                if (byte == escape_) {
                    target[written++] = byte;
                }
            }
        }
        if (size_b(body) == 0 || size_b(body) != allowed_b) {
            return Error(Errc::invalid_argument,
                         "a body of " + std::to_string(size_b(body)) +
                             " bytes; allowed are 10, 15, 22 and 22 for the types 1, 2, 3 and 4");
        }
        return written;
    }

    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return dle_wire_b_max; }
    [[nodiscard]] bool hunts() const noexcept override { return true; }

  private:
    /// No frame begins at the front: up to where one may.
    [[nodiscard]] Scan hunt(std::span<const std::byte> unparsed) const {
        std::size_t at = unparsed[0] == escape_ ? 1U : 0U;
        // A doubled escape byte is data; seen from the front, for the noise has no other begin.
        at += at == 1 && unparsed[1] == escape_ ? 1U : 0U;
        while ((at = find_bytes(unparsed, at, {&escape_, 1})) != not_found) {
            if (at + 1 == unparsed.size() || dle_frame_b(unparsed[at + 1]) != 0) {
                return bad_frame(FrameFault::bad_sync, at, false);
            }
            at += unparsed[at + 1] == escape_ ? 2U : 1U;
        }
        return bad_frame(FrameFault::bad_sync, unparsed.size(), false);
    }

    const std::byte escape_;
};

}  // namespace

std::shared_ptr<const Framer> make_dle_framer(const Framing& framing) {
    return std::make_shared<DleFramer>(framing);
}

}  // namespace sluice
