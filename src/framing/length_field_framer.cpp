#include <algorithm>

#include "framing/body_limits.hpp"
#include "framing/framers.hpp"
#include "framing/length_field.hpp"

namespace sluice {
namespace {

template <std::size_t field_b, FramingByteOrder order>
class LengthFieldFramer final : public Framer {
  public:
    explicit LengthFieldFramer(const Framing& framing)
        : framing_(framing),
          rule_(framing),
          offset_(framing.length_field_offset),
          strip_b_(framing.initial_bytes_to_strip) {}

    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed, const ScanState&) const override {
        if (unparsed.size() < offset_ + field_b) {
            return Scan::need(offset_ + field_b);
        }
        const std::uint64_t value = load_length<field_b, order>(unparsed.data() + offset_);
        if (!rule_.allows(value)) {
            return rule_.refuse(value);
        }
        const std::uint64_t frame_b = rule_.frame_b(value);
        if (unparsed.size() < frame_b) {
            return Scan::need(frame_b);
        }
        return Scan::frame(frame_b, strip_b_, frame_b - strip_b_);
    }

    /// The length field's value is all that stands between a frame and the next; so the sum that
    /// waits for it is kept short.
    [[nodiscard]] FrameRun scan_run(std::span<const std::byte> unparsed, ScanState state,
                                    std::span<FrameExtent> extents) const override {
        const LengthRule rule = rule_;
        const std::size_t offset = offset_;
        const auto strip_b = static_cast<std::uint32_t>(strip_b_);
        FrameRun run;
        std::size_t at = 0;
        while (run.frames < extents.size() && unparsed.size() - at >= offset + field_b) {
            const std::uint64_t value = load_length<field_b, order>(unparsed.data() + at + offset);
            if (!rule.allows(value) || rule.frame_b(value) > unparsed.size() - at) {
                break;
            }
            const std::uint32_t begin = static_cast<std::uint32_t>(at) + strip_b;
            at = rule.frame_b(at) + value;
            const auto end = static_cast<std::uint32_t>(at);
            extents[run.frames++] = {.end = end, .payload_begin = begin, .payload_b = end - begin};
        }
        run.bytes = at;
        run.stop.kind = Scan::Kind::frame;
        if (run.frames < extents.size()) {
            if (run.frames > 0) {
                state = {.seen_b = 0, .is_synced = true, .is_end = state.is_end};
            }
            run.stop = LengthFieldFramer::scan(unparsed.subspan(at), state);
        }
        return run;
    }

    /// Frames of one size have the same value: nothing waits for it from one to the next.
    [[nodiscard]] std::size_t count_alike(std::span<const std::byte> unparsed, std::size_t frame_b,
                                          std::size_t frames_max) const override {
        const std::uint64_t value = rule_.value_of(frame_b);
        const std::size_t whole = std::min(unparsed.size() / frame_b, frames_max);
        const std::byte* field = unparsed.data() + offset_;
        std::size_t frames = 0;
        while (frames < whole && load_length<field_b, order>(field) == value) {
            field += frame_b;
            ++frames;
        }
        return frames;
    }

    [[nodiscard]] Result<FrameEnvelope> enclose(std::span<const std::byte> head,
                                                FrameBody body) const override {
        if (Result<void> valid = check_head(head, offset_); !valid) {
            return valid.error();
        }
        const Result<std::uint64_t> value = rule_.value(rule_.header_b() + size_b(body));
        if (!value) {
            return value.error();
        }
        const auto field = store_length(framing_, *value);
        FrameEnvelope envelope;
        envelope.append_before(head);
        envelope.append_before(std::span(field).first(field_b));
        return envelope;
    }

    [[nodiscard]] const LengthPrefix* length_prefix() const noexcept override {
        return offset_ == 0 && rule_.frame_b_min() <= field_b ? &prefix_ : nullptr;
    }

    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return rule_.frame_b_max(); }
    [[nodiscard]] std::size_t header_b() const noexcept override { return rule_.header_b(); }

  private:
    const Framing framing_;
    const LengthRule rule_;
    const std::size_t offset_;
    const std::size_t strip_b_;
    const LengthPrefix prefix_{
        .bytes = field_b,
        .is_big_endian = order == FramingByteOrder::big,
        .value_offset = field_b - rule_.frame_b(0),
        .body_b_max = rule_.frame_b_max() - std::min(rule_.frame_b_max(), rule_.header_b())};
};

}  // namespace

std::shared_ptr<const Framer> make_length_field_framer(const Framing& framing) {
    return visit_length_field(
        framing,
        [&framing]<std::size_t field_b, FramingByteOrder order>() -> std::shared_ptr<const Framer> {
            return std::make_shared<LengthFieldFramer<field_b, order>>(framing);
        });
}

}  // namespace sluice
