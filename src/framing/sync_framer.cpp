#include <vector>

#include "framing/basic_framer.hpp"
#include "framing/body_limits.hpp"
#include "framing/byte_search.hpp"
#include "framing/checksum.hpp"
#include "framing/framers.hpp"
#include "framing/hex_bytes.hpp"
#include "framing/length_field.hpp"

namespace sluice {
namespace {

/// Where the sync bytes are not, or what follows them is no frame, the front is no frame up to
/// where the sync bytes stand next.
class SyncFramer final : public BasicFramer<SyncFramer> {
  public:
    explicit SyncFramer(const Framing& framing)
        : framing_(framing),
          rule_(framing),
          load_(visit_length_field(framing,
                                   []<std::size_t field_b, FramingByteOrder order>() {
                                       return &load_length<field_b, order>;
                                   })),
          sync_(hex_bytes(framing.sync)),
          checksum_b_(checksum_b(framing.checksum)),
          stripped_end_b_(framing.strip_checksum ? checksum_b_ : 0) {}

    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed,
                            const ScanState& state) const override {
        const std::size_t there_b = std::min(unparsed.size(), sync_.size());
        if (!std::ranges::equal(unparsed.first(there_b), std::span(sync_).first(there_b))) {
            return hunt(unparsed, FrameFault::bad_sync);
        }
        if (unparsed.size() < rule_.header_b()) {
            return incomplete(unparsed, state, rule_.header_b());
        }
        const std::uint64_t value = load_(unparsed.data() + framing_.length_field_offset);
        if (!rule_.allows(value)) {
            return refuse(unparsed, state, value);
        }
        const std::uint64_t frame_b = rule_.frame_b(value);
        if (unparsed.size() < frame_b) {
            return incomplete(unparsed, state, frame_b);
        }
        if (checksum_b_ > 0) {
            if (!has_good_checksum(unparsed.first(frame_b))) {
                // The length may be what is wrong: the next frame may begin within.
                Scan hunted = hunt(unparsed, FrameFault::bad_checksum);
                hunted.claimed_b = frame_b;
                return hunted;
            }
        } else if (!state.is_synced) {
            const auto behind = unparsed.subspan(frame_b);
            const std::size_t next_b = std::min(behind.size(), sync_.size());
            if (!std::ranges::equal(behind.first(next_b), std::span(sync_).first(next_b))) {
                return hunt(unparsed, FrameFault::bad_sync);
            }
            if (next_b < sync_.size() && !state.is_end) {
                return Scan::need(frame_b + next_b + 1);
            }
        }
        const std::size_t strip_b = framing_.initial_bytes_to_strip;
        return Scan::frame(frame_b, strip_b, frame_b - strip_b - stripped_end_b_);
    }

    [[nodiscard]] Result<FrameEnvelope> enclose(std::span<const std::byte> head,
                                                FrameBody body) const override {
        const std::size_t offset = framing_.length_field_offset;
        if (Result<void> valid = check_head(head, offset - sync_.size()); !valid) {
            return valid.error();
        }
        const Result<std::uint64_t> value =
            rule_.value(rule_.header_b() + size_b(body) + checksum_b_);
        if (!value) {
            return value.error();
        }
        const auto field = store_length(framing_, *value);
        FrameEnvelope envelope;
        envelope.append_before(sync_);
        envelope.append_before(head);
        envelope.append_before(std::span(field).first(framing_.length_field_length));
        append_checksum(envelope, body);
        return envelope;
    }

    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return rule_.frame_b_max(); }
    [[nodiscard]] std::size_t header_b() const noexcept override { return rule_.header_b(); }
    [[nodiscard]] bool hunts() const noexcept override { return true; }

  private:
    /// Up to where the sync bytes begin next, behind the front; they may be cut off by the end.
    [[nodiscard]] Scan hunt(std::span<const std::byte> unparsed, FrameFault fault) const {
        const std::size_t found = find_bytes(unparsed, 1, sync_);
        const std::size_t bad_b =
            found != not_found ? found : unparsed.size() - begun_b(unparsed.subspan(1), sync_);
        return bad_frame(fault, bad_b, false);
    }

    /// What follows the sync bytes within noise may be noise too: no frame that came later may be
    /// lost for a length that the stream did not live to fill.
    [[nodiscard]] Scan incomplete(std::span<const std::byte> unparsed, const ScanState& state,
                                  std::uint64_t bytes) const {
        const bool is_given_up =
            !state.is_synced && state.is_end && find_bytes(unparsed, 1, sync_) != not_found;
        return is_given_up ? hunt(unparsed, FrameFault::bad_sync) : Scan::need(bytes);
    }

    [[nodiscard]] Scan refuse(std::span<const std::byte> unparsed, const ScanState& state,
                              std::uint64_t value) const {
        const Scan refused = rule_.refuse(value);
        if (state.is_synced && refused.is_synced) {
            return refused;
        }
        Scan hunted = hunt(unparsed, state.is_synced ? refused.fault : FrameFault::bad_sync);
        hunted.claimed_b = refused.claimed_b;
        return hunted;
    }

    [[nodiscard]] bool has_good_checksum(std::span<const std::byte> frame) const {
        const std::size_t end = frame.size() - checksum_b_;
        Checksum sum(framing_.checksum);
        sum.add(frame.subspan(framing_.checksum_offset, end - framing_.checksum_offset));
        const auto bytes = sum.bytes(framing_.byte_order);
        return std::ranges::equal(std::span(bytes).first(checksum_b_), frame.subspan(end));
    }

    void append_checksum(FrameEnvelope& envelope, FrameBody body) const {
        Checksum sum(framing_.checksum);
        std::size_t left_out_b = framing_.checksum_offset;
        const auto add = [&](std::span<const std::byte> piece) {
            const std::size_t skipped_b = std::min(left_out_b, piece.size());
            left_out_b -= skipped_b;
            sum.add(piece.subspan(skipped_b));
        };
        add(envelope.before());
        std::ranges::for_each(body, add);
        const auto bytes = sum.bytes(framing_.byte_order);
        envelope.append_after(std::span(bytes).first(checksum_b_));
    }

    const Framing framing_;
    const LengthRule rule_;
    std::uint64_t (*const load_)(const std::byte*) noexcept;
    const std::vector<std::byte> sync_;
    const std::size_t checksum_b_;
    const std::size_t stripped_end_b_;
};

}  // namespace

std::shared_ptr<const Framer> make_sync_framer(const Framing& framing) {
    return std::make_shared<SyncFramer>(framing);
}

}  // namespace sluice
