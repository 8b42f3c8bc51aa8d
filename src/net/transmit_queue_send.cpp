// What the loop's thread does with a TransmitQueue, and its lanes.
#include <algorithm>

#include "net/transmit_queue_state.hpp"
#include "sluice/core/check.hpp"

namespace sluice::net {

void TransmitQueue::connected() {
    // With the policy to refuse, what a producer wrote while it learnt of the loss belongs to that.
    if (!state_->waits()) {
        state_->drop_lanes(DropReason::connection_lost);
        state_->wake_all();
    }
    const sync::MutexLock lock(state_->mutex);
    state_->is_connected = !state_->is_stopped;
    if (state_->is_connected) {
        state_->lanes.clear(TransmitLane::not_connected);
    }
}

void TransmitQueue::lost() {
    {
        const sync::MutexLock lock(state_->mutex);
        state_->is_connected = false;
        state_->lanes.set(state_->attention());
    }
    switch (state_->options.policy) {
        case EgressPolicy::drop:
        case EgressPolicy::fail:
            state_->drop_all(DropReason::connection_lost);
            break;
        case EgressPolicy::wait:
            state_->drop_half_sent();
            break;
        case EgressPolicy::keep:
            break;
    }
    state_->wake_all();
}

void TransmitQueue::stop() {
    {
        const sync::MutexLock lock(state_->mutex);
        state_->is_connected = false;
        state_->is_stopped = true;
        state_->lanes.set(state_->attention());
    }
    state_->drop_all(DropReason::stopped);
    state_->wake_all();
}

std::size_t TransmitQueue::gather(std::span<iovec> pieces, std::size_t bytes_max) {
    State& state = *state_;
    const sync::MutexLock lock(state.mutex);
    // A message is sent whole before another begins; else they take turns.
    const bool shared_first =
        state.message_gone > 0 || (state.sends_lanes && !state.lanes.is_half_sent());
    const bool has_shared = !state.segments.empty();
    state.sends_lanes = state.lanes.has_work() && !(shared_first && has_shared);
    if (state.sends_lanes) {
        const bool had_its_turn = has_shared && state.lanes.is_half_sent();
        return state.lanes.gather(
            pieces, had_its_turn ? std::min(bytes_max, state.lanes.rest_b()) : bytes_max);
    }
    const bool had_its_turn = state.message_gone > 0 && state.lanes.has_work();
    return state.gather_shared(
        pieces,
        had_its_turn ? std::min(bytes_max, state.messages[0] - state.message_gone) : bytes_max);
}

std::size_t TransmitQueue::State::gather_shared(std::span<iovec> pieces, std::size_t bytes_max) {
    std::size_t used = 0;
    std::size_t arena_offset = 0;
    const auto add = [&](std::span<const std::byte> bytes) {
        bytes = bytes.first(std::min(bytes.size(), bytes_max));
        if (!bytes.empty() && used < pieces.size()) {
            pieces[used++] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
            bytes_max -= bytes.size();
        }
    };
    for (std::size_t i = 0; i < segments.size() && bytes_max > 0 && used < pieces.size(); ++i) {
        const Segment& segment = segments[i];
        if (!segment.reference.empty()) {
            add(segment.reference.bytes().subspan(segment.offset));
            continue;
        }
        for (const std::span<std::byte> piece : arena.pieces(arena_offset, segment.bytes)) {
            add(piece);
        }
        arena_offset += segment.bytes;
    }
    return used;
}

void TransmitQueue::consumed(std::size_t bytes) {
    while (bytes > 0) {
        Releases releases;
        const sync::MutexLock lock(state_->mutex);
        const std::size_t gone = state_->take_sent(bytes, releases);
        state_->taken_bytes += gone;
        bytes -= gone;
    }
    state_->wake_all();
}

std::size_t TransmitQueue::State::take_sent(std::size_t bytes, Releases& releases) {
    if (sends_lanes) {
        return lanes.take_sent(bytes, releases);
    }
    const std::size_t gone = discard(bytes, releases);
    message_gone += gone;
    settle();
    return gone;
}

bool TransmitQueue::empty() const {
    const sync::MutexLock lock(state_->mutex);
    return state_->segments.empty() && !state_->lanes.has_work();
}

bool TransmitQueue::rest() {
    const sync::MutexLock lock(state_->mutex);
    return state_->lanes.rest();
}

void TransmitQueue::State::wake_all() {
    changed.unpark_all();
    const sync::MutexLock lock(mutex);
    lanes.wake_producers();
}

// Lanes.

TransmitLane& TransmitQueue::open_lane(const LaneOptions& options) {
    State& state = *state_;
    SLUICE_CHECK(
        state.options.policy == EgressPolicy::wait || state.options.policy == EgressPolicy::fail,
        "lanes are for the policies wait and fail");
    const sync::MutexLock lock(state.mutex);
    return state.lanes.open(
        options, [&state](TransmitLane& lane) { state.on_attention(lane); }, state.attention());
}

void TransmitQueue::close_lane(TransmitLane& lane) {
    const sync::MutexLock lock(state_->mutex);
    state_->lanes.close(lane);
}

std::uint8_t TransmitQueue::State::attention() const {
    if (is_stopped) {
        return TransmitLane::stopped;
    }
    return is_connected || waits() ? 0 : TransmitLane::not_connected;
}

void TransmitQueue::State::on_attention(TransmitLane& lane) {
    const std::uint8_t asked = lane.take_attention(TransmitLane::sleeping);
    if ((asked & TransmitLane::stopped) != 0) {
        drop_all(DropReason::stopped);  // nobody will send it any more
        wake_all();
    } else if ((asked & TransmitLane::sleeping) != 0) {
        on_work();
    }
}

}  // namespace sluice::net
