#include "framing/body_limits.hpp"
#include "framing/escaped_framer.hpp"
#include "framing/framers.hpp"
#include "framing/terminated.hpp"

namespace sluice {
namespace {

// RFC 1055.
constexpr std::byte end_byte{0xc0};
constexpr std::byte escape_byte{0xdb};
constexpr std::byte escaped_end{0xdc};
constexpr std::byte escaped_escape{0xdd};

bool has_valid_escapes(std::span<const std::byte> payload) noexcept {
    for (std::size_t i = 0;;) {
        i = find_bytes(payload, i, {&escape_byte, 1});
        if (i == not_found) {
            return true;
        }
        if (i + 1 == payload.size() ||
            (payload[i + 1] != escaped_end && payload[i + 1] != escaped_escape)) {
            return false;
        }
        i += 2;
    }
}

class SlipFramer final : public EscapedFramer<SlipFramer> {
  public:
    explicit SlipFramer(const Framing& framing) : frame_b_max_(framing.max_frame_length) {}

    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed,
                            const ScanState& state) const override {
        return scan_terminated(unparsed, state, end_byte, frame_b_max_, has_valid_escapes);
    }

    [[nodiscard]] std::size_t unescape(std::span<const std::byte> payload,
                                       std::span<std::byte> target) const override {
        std::size_t written = 0;
        for (std::size_t i = 0; i < payload.size(); ++i) {
            std::byte byte = payload[i];
            if (byte == escape_byte) {
                byte = payload[++i] == escaped_end ? end_byte : escape_byte;
            }
            target[written++] = byte;
        }
        return written;
    }

    [[nodiscard]] std::size_t escaped_b_max(std::size_t body_b) const noexcept override {
        return 2 * body_b + 2;
    }

    [[nodiscard]] Result<std::size_t> escape(FrameBody body,
                                             std::span<std::byte> target) const override {
        if (Result<void> valid = check_body({}, body, 1, frame_b_max_); !valid) {
            return valid.error();
        }
        std::size_t written = 0;
        target[written++] = end_byte;  // ends what noise there was, as the RFC advises
        for (const std::span<const std::byte> piece : body) {
            for (const std::byte byte : piece) {
                const bool is_special = byte == end_byte || byte == escape_byte;
                target[written++] = is_special ? escape_byte : byte;
                if (is_special) {
                    target[written++] = byte == end_byte ? escaped_end : escaped_escape;
                }
            }
        }
        target[written++] = end_byte;
        if (Result<void> valid = check_size("a frame", written, 0, frame_b_max_); !valid) {
            return valid.error();
        }
        return written;
    }

    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return frame_b_max_; }

  private:
    const std::size_t frame_b_max_;
};

}  // namespace

std::shared_ptr<const Framer> make_slip_framer(const Framing& framing) {
    return std::make_shared<SlipFramer>(framing);
}

}  // namespace sluice
