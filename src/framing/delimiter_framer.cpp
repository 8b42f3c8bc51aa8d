#include <string>
#include <vector>

#include "framing/basic_framer.hpp"
#include "framing/body_limits.hpp"
#include "framing/byte_search.hpp"
#include "framing/framers.hpp"
#include "framing/hex_bytes.hpp"

namespace sluice {
namespace {

/// Finds the first place of a few bytes in a message of pieces (Knuth, Morris, Pratt).
class PieceSearch {
  public:
    explicit PieceSearch(std::span<const std::byte> wanted) : wanted_(wanted) {
        for (std::size_t i = 1; i < wanted.size(); ++i) {
            fallback_[i + 1] = static_cast<std::uint8_t>(step(fallback_[i], wanted[i]));
        }
    }

    /// Whether it ends in `piece`; then the rest of the piece was not looked at.
    [[nodiscard]] bool ends_in(std::span<const std::byte> piece) noexcept {
        for (std::size_t i = 0; i < piece.size(); ++i) {
            if (matched_b_ == 0) {
                i = find_bytes(piece, i, wanted_.first(1));
                if (i == not_found) {
                    return false;
                }
            }
            matched_b_ = step(matched_b_, piece[i]);
            if (matched_b_ == wanted_.size()) {
                end_ = i + 1;
                return true;
            }
        }
        return false;
    }
    /// Where, in that piece.
    [[nodiscard]] std::size_t end() const noexcept { return end_; }

  private:
    [[nodiscard]] std::size_t step(std::size_t matched_b, std::byte next) const noexcept {
        while (matched_b > 0 && wanted_[matched_b] != next) {
            matched_b = fallback_[matched_b];
        }
        return wanted_[matched_b] == next ? matched_b + 1 : 0;
    }

    const std::span<const std::byte> wanted_;
    std::array<std::uint8_t, 17> fallback_{};  // by bytes matched: how many remain after a mismatch
    std::size_t matched_b_ = 0;
    std::size_t end_ = 0;
};

class DelimiterFramer final : public BasicFramer<DelimiterFramer> {
  public:
    explicit DelimiterFramer(const Framing& framing)
        : delimiter_(hex_bytes(framing.delimiter)),
          accepts_carriage_return_(framing.accept_carriage_return),
          strips_(framing.strip_delimiter),
          strip_b_(framing.initial_bytes_to_strip),
          frame_b_max_(framing.max_frame_length) {}

    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed,
                            const ScanState& state) const override {
        // A delimiter may have begun among the bytes that were seen.
        const std::size_t overlap_b = std::min(delimiter_.size() - 1, state.seen_b);
        const std::size_t begin = state.seen_b - overlap_b;
        if (!state.is_synced) {
            return discard(unparsed, begin);
        }
        // Only what a frame may hold is looked at, so that the answer does not depend on how much
        // is there.
        const auto window = unparsed.first(std::min(unparsed.size(), frame_b_max_));
        const std::size_t found = find_bytes(window, begin, delimiter_);
        if (found != not_found) {
            return frame(unparsed, found);
        }
        if (window.size() < frame_b_max_) {
            return Scan::need(unparsed.size() + 1);
        }
        return bad_frame(FrameFault::oversize, window.size() - begun_b(window, delimiter_), false);
    }

    [[nodiscard]] Result<FrameEnvelope> enclose(std::span<const std::byte> head,
                                                FrameBody body) const override {
        const std::size_t body_b_max = frame_b_max_ - delimiter_.size();
        if (Result<void> valid = check_body(head, body, 0, body_b_max); !valid) {
            return valid.error();
        }
        PieceSearch search(delimiter_);
        std::byte last{};
        for (const std::span<const std::byte> piece : body) {
            if (search.ends_in(piece)) {
                return Error(Errc::invalid_argument, "the body has the delimiter inside");
            }
            last = piece.empty() ? last : piece.back();
        }
        // The body's end and the delimiter's begin may be a delimiter too, an earlier one.
        if (!search.ends_in(delimiter_) || search.end() != delimiter_.size()) {
            return Error(Errc::invalid_argument,
                         "the body ends with the begin of the delimiter, which would be found "
                         "too early");
        }
        if (accepts_carriage_return_ && strips_ && last == carriage_return) {
            return Error(Errc::invalid_argument,
                         "the body ends with a carriage return, which would count as the "
                         "delimiter's");
        }
        FrameEnvelope envelope;
        envelope.append_after(delimiter_);
        return envelope;
    }

    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return frame_b_max_; }

  private:
    static constexpr std::byte carriage_return{0x0d};

    [[nodiscard]] Scan frame(std::span<const std::byte> unparsed, std::size_t found) const {
        const std::size_t frame_b = found + delimiter_.size();
        std::size_t end = frame_b;
        if (strips_) {
            const bool has_return =
                accepts_carriage_return_ && found > 0 && unparsed[found - 1] == carriage_return;
            end = has_return ? found - 1 : found;
        }
        return strip_b_ > end ? bad_frame(FrameFault::bad_length, frame_b, true, frame_b)
                              : Scan::frame(frame_b, strip_b_, end - strip_b_);
    }

    /// Behind bytes that were no frame the next one begins behind the next delimiter.
    [[nodiscard]] Scan discard(std::span<const std::byte> unparsed, std::size_t begin) const {
        const std::size_t found = find_bytes(unparsed, begin, delimiter_);
        if (found != not_found) {
            return bad_frame(FrameFault::bad_sync, found + delimiter_.size(), true);
        }
        const std::size_t bad_b = unparsed.size() - begun_b(unparsed, delimiter_);
        return bad_b == 0 ? Scan::need(unparsed.size() + 1)
                          : bad_frame(FrameFault::bad_sync, bad_b, false);
    }

    const std::vector<std::byte> delimiter_;
    const bool accepts_carriage_return_;
    const bool strips_;
    const std::size_t strip_b_;
    const std::size_t frame_b_max_;
};

}  // namespace

std::shared_ptr<const Framer> make_delimiter_framer(const Framing& framing) {
    return std::make_shared<DelimiterFramer>(framing);
}

}  // namespace sluice
