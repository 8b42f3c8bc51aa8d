#include "framing/basic_framer.hpp"
#include "framing/body_limits.hpp"
#include "framing/decimal_length.hpp"
#include "framing/framers.hpp"

namespace sluice {
namespace {

/// RFC 6587, section 3.4.1: MSG-LEN has no leading zero, so that no message is empty.
class OctetCountingFramer final : public BasicFramer<OctetCountingFramer> {
  public:
    explicit OctetCountingFramer(const Framing& framing) : frame_b_max_(framing.max_frame_length) {}

    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed, const ScanState&) const override {
        DecimalLength length = load_decimal(unparsed, separator);
        const bool is_zero = !unparsed.empty() && unparsed.front() == std::byte{'0'};
        length.is_bad = length.is_bad || is_zero;
        return scan_decimal(unparsed, length, 0, frame_b_max_);
    }

    [[nodiscard]] Result<FrameEnvelope> enclose(std::span<const std::byte> head,
                                                FrameBody body) const override {
        if (Result<void> valid = check_body(head, body, 1, frame_b_max_); !valid) {
            return valid.error();
        }
        const DecimalText length(size_b(body), separator);
        const std::size_t frame_b = length.bytes().size() + size_b(body);
        if (Result<void> valid = check_size("a frame", frame_b, 0, frame_b_max_); !valid) {
            return valid.error();
        }
        FrameEnvelope envelope;
        envelope.append_before(length.bytes());
        return envelope;
    }

    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return frame_b_max_; }

  private:
    static constexpr char separator = ' ';

    const std::size_t frame_b_max_;
};

}  // namespace

std::shared_ptr<const Framer> make_octet_counting_framer(const Framing& framing) {
    return std::make_shared<OctetCountingFramer>(framing);
}

}  // namespace sluice
