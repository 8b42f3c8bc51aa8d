#include "framing/body_limits.hpp"
#include "framing/escaped_framer.hpp"
#include "framing/framers.hpp"
#include "framing/terminated.hpp"

namespace sluice {
namespace {

/// A code without a zero behind its run.
constexpr std::size_t full_code = 255;

/// The runs that the codes announce end where the payload ends.
bool has_valid_codes(std::span<const std::byte> payload) noexcept {
    std::size_t i = 0;
    while (i < payload.size()) {
        i += std::to_integer<std::size_t>(payload[i]);
    }
    return i == payload.size();
}

/// Cheshire and Baker, "Consistent Overhead Byte Stuffing": a code says how many bytes on the next
/// zero is, and stands in its place.
class CobsFramer final : public EscapedFramer<CobsFramer> {
  public:
    explicit CobsFramer(const Framing& framing) : frame_b_max_(framing.max_frame_length) {}

    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed,
                            const ScanState& state) const override {
        return scan_terminated(unparsed, state, std::byte{}, frame_b_max_, has_valid_codes);
    }

    [[nodiscard]] std::size_t unescape(std::span<const std::byte> payload,
                                       std::span<std::byte> target) const override {
        std::size_t written = 0;
        for (std::size_t i = 0; i < payload.size();) {
            const auto code = std::to_integer<std::size_t>(payload[i]);
            std::ranges::copy(payload.subspan(i + 1, code - 1), target.subspan(written).begin());
            written += code - 1;
            i += code;
            if (code != full_code && i < payload.size()) {
                target[written++] = std::byte{};
            }
        }
        return written;
    }

    [[nodiscard]] std::size_t escaped_b_max(std::size_t body_b) const noexcept override {
        return body_b + body_b / (full_code - 1) + 2;
    }

    [[nodiscard]] Result<std::size_t> escape(FrameBody body,
                                             std::span<std::byte> target) const override {
        if (Result<void> valid = check_body({}, body, 0, frame_b_max_); !valid) {
            return valid.error();
        }
        std::size_t code_place = 0;
        std::size_t written = 1;
        const auto end_run = [&] {
            target[code_place] = static_cast<std::byte>(written - code_place);
            code_place = written++;
        };
        for (const std::span<const std::byte> piece : body) {
            for (const std::byte byte : piece) {
                if (written - code_place == full_code) {  // full, and the body goes on
                    end_run();
                }
                if (byte == std::byte{}) {
                    end_run();
                } else {
                    target[written++] = byte;
                }
            }
        }
        end_run();
        target[written - 1] = std::byte{};
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

std::shared_ptr<const Framer> make_cobs_framer(const Framing& framing) {
    return std::make_shared<CobsFramer>(framing);
}

}  // namespace sluice
