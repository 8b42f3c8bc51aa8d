#include <string>

#include "framing/basic_framer.hpp"
#include "framing/body_limits.hpp"
#include "framing/framers.hpp"

namespace sluice {
namespace {

constexpr std::size_t varint_b_max = 10;

struct Varint {
    std::uint64_t value = 0;
    std::size_t bytes = 0;  // 0: it has not ended
    bool is_bad = false;    // longer than need be, or of more than 63 bits: nobody means that
};

Varint load_varint(std::span<const std::byte> source) noexcept {
    Varint varint;
    const std::size_t count = source.size() < varint_b_max ? source.size() : varint_b_max;
    for (std::size_t i = 0; i < count; ++i) {
        const auto digit = std::to_integer<std::uint64_t>(source[i] & std::byte{0x7f});
        if (i + 1 == varint_b_max) {  // its bits would be the 64th and those beyond
            varint.is_bad = true;
            return varint;
        }
        varint.value |= digit << (7 * i);
        if ((source[i] & std::byte{0x80}) == std::byte{}) {
            varint.bytes = i + 1;
            varint.is_bad = i > 0 && digit == 0;
            return varint;
        }
    }
    return varint;
}

/// A varint counts as one byte in `initial_bytes_to_strip`, however long it is.
class VarintFramer final : public BasicFramer<VarintFramer> {
  public:
    explicit VarintFramer(const Framing& framing)
        : offset_(framing.varint_offset),
          strip_b_(framing.initial_bytes_to_strip),
          frame_b_max_(framing.max_frame_length) {}

    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed, const ScanState&) const override {
        if (unparsed.size() <= offset_) {
            return Scan::need(offset_ + 1);
        }
        Varint varint{std::to_integer<std::uint64_t>(unparsed[offset_]), 1};
        if (varint.value >= 0x80) {
            varint = load_varint(unparsed.subspan(offset_));
        }
        if (varint.is_bad) {
            return bad_frame(FrameFault::bad_length, 0, false, varint.value);
        }
        if (varint.bytes == 0) {
            return Scan::need(unparsed.size() + 1);
        }
        const std::size_t used_b = offset_ + varint.bytes;
        if (used_b > frame_b_max_ || varint.value > frame_b_max_ - used_b) {
            const std::uint64_t claimed_b = varint.value + used_b;  // below 2^63 + 2^9
            return bad_frame(FrameFault::oversize, claimed_b, true, claimed_b);
        }
        const std::size_t frame_b = used_b + varint.value;
        const std::size_t strip_b = strip_b_ > offset_ ? strip_b_ + varint.bytes - 1 : strip_b_;
        if (strip_b > frame_b) {
            return bad_frame(FrameFault::bad_length, frame_b, true, frame_b);
        }
        return unparsed.size() < frame_b ? Scan::need(frame_b)
                                         : Scan::frame(frame_b, strip_b, frame_b - strip_b);
    }

    [[nodiscard]] Result<FrameEnvelope> enclose(std::span<const std::byte> head,
                                                FrameBody body) const override {
        if (Result<void> valid = check_head(head, offset_); !valid) {
            return valid.error();
        }
        std::array<std::byte, varint_b_max> varint;
        std::size_t varint_b = 0;
        for (std::uint64_t rest = size_b(body);; rest >>= 7) {
            const bool is_last = rest < 0x80;
            varint[varint_b++] = static_cast<std::byte>((rest & 0x7f) | (is_last ? 0 : 0x80));
            if (is_last) {
                break;
            }
        }
        const std::size_t frame_b = offset_ + varint_b + size_b(body);
        if (Result<void> valid = check_size("a frame", frame_b, 0, frame_b_max_); !valid) {
            return valid.error();
        }
        FrameEnvelope envelope;
        envelope.append_before(head);
        envelope.append_before(std::span(varint).first(varint_b));
        return envelope;
    }

    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return frame_b_max_; }

  private:
    const std::size_t offset_;
    const std::size_t strip_b_;
    const std::size_t frame_b_max_;
};

}  // namespace

std::shared_ptr<const Framer> make_varint_framer(const Framing& framing) {
    return std::make_shared<VarintFramer>(framing);
}

}  // namespace sluice
