#include <algorithm>

#include "framing/basic_framer.hpp"
#include "framing/body_limits.hpp"
#include "framing/framers.hpp"

namespace sluice {
namespace {

class FixedFramer final : public BasicFramer<FixedFramer> {
  public:
    explicit FixedFramer(const Framing& framing)
        : frame_b_(framing.frame_length), strip_b_(framing.initial_bytes_to_strip) {}

    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed, const ScanState&) const override {
        return unparsed.size() < frame_b_ ? Scan::need(frame_b_)
                                          : Scan::frame(frame_b_, strip_b_, frame_b_ - strip_b_);
    }

    [[nodiscard]] std::size_t count_alike(std::span<const std::byte> unparsed, std::size_t frame_b,
                                          std::size_t frames_max) const override {
        return std::min(unparsed.size() / frame_b, frames_max);
    }

    [[nodiscard]] Result<FrameEnvelope> enclose(std::span<const std::byte> head,
                                                FrameBody body) const override {
        if (Result<void> valid = check_body(head, body, frame_b_, frame_b_); !valid) {
            // No size is wrong because of a limit.
            return Error(Errc::invalid_argument, valid.error().detail());
        }
        return FrameEnvelope();
    }

    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return frame_b_; }

  private:
    const std::size_t frame_b_;
    const std::size_t strip_b_;
};

}  // namespace

std::shared_ptr<const Framer> make_fixed_framer(const Framing& framing) {
    return std::make_shared<FixedFramer>(framing);
}

}  // namespace sluice
