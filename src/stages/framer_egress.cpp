#include "stages/framer_egress.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "sluice/core/log.hpp"
#include "stages/hex.hpp"

namespace sluice {
namespace {

using Piece = std::span<const std::byte>;

/// Calls `use` with the pieces of a message; allocates for those of many fragments only.
template <typename Use>
Result<void> with_body(const EgressPacket& message, std::size_t head_b, Use use) {
    constexpr std::size_t pieces_max = 16;
    std::array<Piece, pieces_max> some;
    std::vector<Piece> many;
    std::span<Piece> pieces =
        std::span(some).first(std::min(message.fragments.size() + 1, pieces_max));
    if (message.fragments.size() >= pieces_max) {
        many.resize(message.fragments.size() + 1);
        pieces = many;
    }
    pieces.front() = Piece(message.data).subspan(head_b);
    std::ranges::transform(message.fragments, pieces.begin() + 1, &Buffer::bytes);
    return use(FrameBody(pieces));
}

void append(std::vector<std::byte>& target, Piece bytes) {
    target.insert(target.end(), bytes.begin(), bytes.end());
}

}  // namespace

std::size_t head_b(const Framing& framing) {
    switch (framing.kind) {
        case FramingKind::length:
            return framing.length_field_offset;
        case FramingKind::sync:
            return framing.length_field_offset - parse_hex(framing.sync)->size();
        case FramingKind::varint:
            return framing.varint_offset;
        default:
            return 0;
    }
}

void FramerEgress::send(const EgressPacket& message) {
    Draft<EgressPacket> draft = target_.draft();
    Result<void> done =
        Error(Errc::invalid_argument, "what stands before the length is not in `data`");
    if (message.data.size() >= head_b_) {
        done = with_body(message, head_b_,
                         [&](FrameBody body) { return frame(message, body, *draft); });
    }
    if (done) {
        done = target_.publish(std::move(draft));
    } else if (done.error().code() != Errc::would_block) {
        const std::string why = done.error().message();
        log(LogLevel::warning, "egress_not_framed",
            {{"stage", stage_}, {"bytes", std::uint64_t{message.payload_b()}}, {"error", why}});
    }
    count(done);
}

Result<void> FramerEgress::frame(const EgressPacket& message, FrameBody body,
                                 EgressPacket& framed) {
    if (!framer_->is_escaped()) {
        return enclose(message, body, framed);
    }
    framed.data.resize(framer_->escaped_b_max(size_b(body)));
    const Result<std::size_t> written = framer_->escape(body, framed.data);
    if (!written) {
        return written.error();
    }
    framed.data.resize(*written);
    return {};
}

Result<void> FramerEgress::enclose(const EgressPacket& message, FrameBody body,
                                   EgressPacket& framed) {
    const Result<FrameEnvelope> envelope =
        framer_->enclose(Piece(message.data).first(head_b_), body);
    if (!envelope) {
        return envelope.error();
    }
    append(framed.data, envelope->before());
    append(framed.data, body.front());
    const Piece after = envelope->after();
    if (message.fragments.empty()) {
        append(framed.data, after);
        return {};
    }
    for (const Buffer& fragment : message.fragments) {
        framed.fragments.push_back(fragment.share());
    }
    if (after.empty()) {
        return {};
    }
    Result<Buffer> behind = pool_.acquire(after.size());
    if (!behind) {
        return behind.error();
    }
    std::ranges::copy(after, behind->writable().begin());
    framed.fragments.push_back(*std::move(behind));
    return {};
}

void FramerEgress::count(const Result<void>& done) {
    const bool is_refused = !done && (done.error().code() == Errc::invalid_argument ||
                                      done.error().code() == Errc::too_large);
    const sync::MutexLock lock(mutex_);
    ++counts_.accepted;
    ++(done ? counts_.published : is_refused ? counts_.refused : counts_.dropped);
}

FramerEgressCounts FramerEgress::counts() const {
    const sync::MutexLock lock(mutex_);
    return counts_;
}

}  // namespace sluice
