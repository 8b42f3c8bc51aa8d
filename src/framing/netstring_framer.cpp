#include "framing/basic_framer.hpp"
#include "framing/body_limits.hpp"
#include "framing/decimal_length.hpp"
#include "framing/framers.hpp"

namespace sluice {
namespace {

/// https://cr.yp.to/proto/netstrings.txt
class NetstringFramer final : public BasicFramer<NetstringFramer> {
  public:
    explicit NetstringFramer(const Framing& framing) : frame_b_max_(framing.max_frame_length) {}

    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed, const ScanState&) const override {
        const DecimalLength length = load_decimal(unparsed, separator);
        const Scan scanned = scan_decimal(unparsed, length, comma.size(), frame_b_max_);
        if (scanned.kind == Scan::Kind::frame && unparsed[scanned.bytes - 1] != comma.front()) {
            return bad_frame(FrameFault::bad_length, 0, false, scanned.bytes);
        }
        return scanned;
    }

    [[nodiscard]] Result<FrameEnvelope> enclose(std::span<const std::byte> head,
                                                FrameBody body) const override {
        if (Result<void> valid = check_body(head, body, 0, frame_b_max_); !valid) {
            return valid.error();
        }
        const DecimalText length(size_b(body), separator);
        const std::size_t frame_b = length.bytes().size() + size_b(body) + comma.size();
        if (Result<void> valid = check_size("a frame", frame_b, 0, frame_b_max_); !valid) {
            return valid.error();
        }
        FrameEnvelope envelope;
        envelope.append_before(length.bytes());
        envelope.append_after(comma);
        return envelope;
    }

    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return frame_b_max_; }

  private:
    static constexpr char separator = ':';
    static constexpr std::array comma{std::byte{','}};

    const std::size_t frame_b_max_;
};

}  // namespace

std::shared_ptr<const Framer> make_netstring_framer(const Framing& framing) {
    return std::make_shared<NetstringFramer>(framing);
}

}  // namespace sluice
