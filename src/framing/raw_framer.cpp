#include <algorithm>

#include "framing/basic_framer.hpp"
#include "framing/body_limits.hpp"
#include "framing/framers.hpp"

namespace sluice {
namespace {

/// What is there is a message; what is there beyond the maximum is the next one.
class RawFramer final : public BasicFramer<RawFramer> {
  public:
    explicit RawFramer(const Framing& framing) : frame_b_max_(framing.max_frame_length) {}

    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed, const ScanState&) const override {
        const std::size_t frame_b = std::min(unparsed.size(), frame_b_max_);
        return frame_b == 0 ? Scan::need(1) : Scan::frame(frame_b, 0, frame_b);
    }

    [[nodiscard]] Result<FrameEnvelope> enclose(std::span<const std::byte> head,
                                                FrameBody body) const override {
        if (Result<void> valid = check_body(head, body, 1, frame_b_max_); !valid) {
            return valid.error();
        }
        return FrameEnvelope();
    }

    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return frame_b_max_; }

  private:
    const std::size_t frame_b_max_;
};

}  // namespace

std::shared_ptr<const Framer> make_raw_framer(const Framing& framing) {
    return std::make_shared<RawFramer>(framing);
}

}  // namespace sluice
