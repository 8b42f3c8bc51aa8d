#include "net/lane_reader.hpp"

#include <algorithm>

namespace sluice::net {

std::size_t LaneReader::gather(std::span<iovec> pieces, std::size_t bytes_max, std::size_t& bytes) {
    const TransmitLane& lane = *lane_;
    const std::uint64_t end = committed();
    const std::uint64_t references_end = lane.references_end_.load(std::memory_order_acquire);
    std::uint64_t at = stream_head_;
    std::uint64_t arena_at = arena_head_;
    std::uint64_t reference = references_head_;
    std::size_t used = 0;
    const auto add = [&](const std::byte* data, std::size_t size) {
        size = std::min(size, bytes_max - bytes);
        pieces[used++] = {const_cast<std::byte*>(data), size};
        bytes += size;
        at += size;
        return size;
    };
    while (at < end && bytes < bytes_max && used < pieces.size()) {
        const bool has_reference = reference < references_end;
        const TransmitLane::Reference& next = lane.references_[reference & lane.references_mask_];
        if (has_reference && next.begin <= at) {
            const std::span<const std::byte> rest = next.buffer.bytes().subspan(at - next.begin);
            if (add(rest.data(), rest.size()) == rest.size()) {
                ++reference;
            }
            continue;
        }
        const std::uint64_t run_end = has_reference ? std::min(end, next.begin) : end;
        const std::size_t begin = arena_at & lane.arena_mask_;
        const std::size_t run = std::min<std::uint64_t>(run_end - at, lane.arena_mask_ + 1 - begin);
        arena_at += add(lane.arena_.get() + begin, run);
    }
    gathered_b_ = at - stream_head_;
    return used;
}

std::size_t LaneReader::discard(std::size_t bytes, Releases& releases) {
    TransmitLane& lane = *lane_;
    const std::uint64_t references_end = lane.references_end_.load(std::memory_order_acquire);
    std::size_t discarded = 0;
    while (discarded < bytes && !releases.full()) {
        TransmitLane::Reference& next = lane.references_[references_head_ & lane.references_mask_];
        const bool has_reference = references_head_ < references_end;
        if (has_reference && next.begin <= stream_head_) {
            const std::uint64_t end = next.begin + next.buffer.size();
            const std::size_t gone = std::min<std::uint64_t>(bytes - discarded, end - stream_head_);
            stream_head_ += gone;
            discarded += gone;
            if (stream_head_ == end) {
                referenced_head_b_ += next.buffer.size();
                releases.add(std::move(next.buffer));
                ++references_head_;
            }
            continue;
        }
        const std::uint64_t run =
            has_reference ? next.begin - stream_head_ : std::uint64_t{bytes - discarded};
        const std::size_t gone = std::min<std::uint64_t>(bytes - discarded, run);
        stream_head_ += gone;
        arena_head_ += gone;
        discarded += gone;
    }
    message_gone_ += discarded;
    return discarded;
}

std::size_t LaneReader::take_sent(std::size_t bytes, Releases& releases,
                                  EgressLedger::Count& sent) {
    const std::size_t gone = discard(std::min(bytes, gathered_b_), releases);
    gathered_b_ -= gone;
    const TransmitLane& lane = *lane_;
    while (message_gone_ > 0 &&
           message_gone_ >= lane.sizes_[messages_head_ & lane.messages_mask_]) {
        const std::size_t size = pop_message();
        message_gone_ -= size;
        ++sent.messages;
        sent.bytes += size;
    }
    publish_heads();
    return gone;
}

void LaneReader::drop_front(Releases& releases, EgressLedger::Count& dropped) {
    const std::size_t size = lane_->sizes_[messages_head_ & lane_->messages_mask_];
    static_cast<void>(discard(size - message_gone_, releases));
    gathered_b_ = 0;
    if (message_gone_ == size) {
        static_cast<void>(pop_message());
        message_gone_ = 0;
        ++dropped.messages;
        dropped.bytes += size;
    }
    publish_heads();
}

std::size_t LaneReader::pop_message() noexcept {
    return lane_->sizes_[messages_head_++ & lane_->messages_mask_];
}

/// Release: what the producer writes where it reads that there is room was read before.
void LaneReader::publish_heads() noexcept {
    lane_->arena_head_.store(arena_head_, std::memory_order_release);
    lane_->messages_head_.store(messages_head_, std::memory_order_release);
    lane_->references_head_.store(references_head_, std::memory_order_release);
    lane_->referenced_head_b_.store(referenced_head_b_, std::memory_order_release);
}

bool LaneReader::has_much_room() const noexcept {
    const LaneOptions& options = lane_->options();
    const std::uint64_t waiting_b = committed() - stream_head_;
    const std::uint64_t references =
        lane_->references_end_.load(std::memory_order_acquire) - references_head_;
    return waiting_b <= options.arena_b / 2 ||
           (references > 0 && references <= options.references_max / 2 &&
            waiting_b <= options.referenced_b_max / 2);
}

std::size_t LaneReader::rest_b() const noexcept {
    return lane_->sizes_[messages_head_ & lane_->messages_mask_] - message_gone_;
}

/// A message that is half sent is queued with all of its bytes.
LaneReader::Look LaneReader::look() const noexcept {
    const EgressLedger::Count accepted{.messages = lane_->messages_.load(std::memory_order_acquire),
                                       .bytes = committed()};
    return {.accepted = accepted,
            .queued = {.messages = accepted.messages - messages_head_,
                       .bytes = accepted.bytes - (stream_head_ - message_gone_)}};
}

}  // namespace sluice::net
