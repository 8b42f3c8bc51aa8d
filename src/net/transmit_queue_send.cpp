// How what waits in a TransmitQueue and its lanes reaches the socket: by the loop's thread, or by
// one that pushes.
#include <algorithm>
#include <array>

#include "net/transmit_queue_state.hpp"
#include "sluice/core/check.hpp"
#include "sluice/sys/clock.hpp"

namespace sluice::net {
namespace {

/// What one direct write takes along. Longer is the loop's work.
constexpr std::size_t direct_pieces_max = 16;
constexpr std::size_t direct_bytes_max = std::size_t{64} * 1024;
/// Who pushes again so soon is about to push many, which the loop sends together.
constexpr Duration direct_pause_min = std::chrono::microseconds(5);

/// The loop's hold on the token, while it changes what a write stands on.
class Hold {
  public:
    explicit Hold(sync::LoanToken& token) noexcept : token_(token) { token_.take(); }
    ~Hold() { token_.release(); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

  private:
    sync::LoanToken& token_;
};

}  // namespace

void TransmitQueue::connected() {
    const Hold hold(state_->token);
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
    const Hold hold(state_->token);
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
    const Hold hold(state_->token);
    {
        const sync::MutexLock lock(state_->mutex);
        state_->is_connected = false;
        state_->is_stopped = true;
        state_->lanes.set(state_->attention());
    }
    state_->drop_all(DropReason::stopped);
    state_->wake_all();
}

void TransmitQueue::attach(const sys::Descriptor& socket) {
    const Hold hold(state_->token);
    state_->socket = &socket;
    state_->failure_errno = 0;
}

void TransmitQueue::detach() {
    const Hold hold(state_->token);
    state_->socket = nullptr;
}

bool TransmitQueue::begin_sending() {
    return state_->token.take_or_ask();
}

void TransmitQueue::end_sending() {
    state_->token.release();
}

int TransmitQueue::take_failure() {
    return std::exchange(state_->failure_errno, 0);
}

std::size_t TransmitQueue::gather(std::span<iovec> pieces, std::size_t bytes_max) {
    const sync::MutexLock lock(state_->mutex);
    state_->lanes.note_awake();
    return state_->gather(pieces, bytes_max);
}

std::size_t TransmitQueue::State::gather(std::span<iovec> pieces, std::size_t bytes_max) {
    // A message is sent whole before another begins; else they take turns.
    const bool shared_first = message_gone > 0 || (sends_lanes && !lanes.is_half_sent());
    const bool has_shared = !segments.empty();
    sends_lanes = lanes.has_work() && !(shared_first && has_shared);
    if (sends_lanes) {
        const bool had_its_turn = has_shared && lanes.is_half_sent();
        return lanes.gather(pieces, had_its_turn ? std::min(bytes_max, lanes.rest_b()) : bytes_max);
    }
    const bool had_its_turn = message_gone > 0 && lanes.has_work();
    return gather_shared(
        pieces, had_its_turn ? std::min(bytes_max, messages[0] - message_gone) : bytes_max);
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
        arena.for_each_piece(arena_offset, segment.bytes, add);
        arena_offset += segment.bytes;
    }
    return used;
}

void TransmitQueue::consumed(std::size_t bytes) {
    while (bytes > 0) {
        Releases releases;
        {
            const sync::MutexLock lock(state_->mutex);
            bytes -= state_->take_sent(bytes, releases);
        }
        state_->give_back(releases);
    }
    state_->wake_all();
}

std::size_t TransmitQueue::State::take_sent(std::size_t bytes, Releases& releases) {
    std::size_t gone = 0;
    if (sends_lanes) {
        gone = lanes.take_sent(bytes, releases);
    } else {
        gone = discard(bytes, releases);
        message_gone += gone;
        settle();
    }
    taken_bytes += gone;
    giving_back += releases.empty() ? 0U : 1U;
    return gone;
}

void TransmitQueue::State::give_back(Releases& releases) {
    if (releases.empty()) {
        return;
    }
    releases.give_back();
    {
        const sync::MutexLock lock(mutex);
        --giving_back;
    }
    changed.unpark_all();
}

bool TransmitQueue::empty() const {
    const sync::MutexLock lock(state_->mutex);
    return state_->segments.empty() && !state_->lanes.has_work();
}

bool TransmitQueue::rest() {
    const sync::MutexLock lock(state_->mutex);
    return state_->lanes.rest();
}

void TransmitQueue::State::send_or_wake() {
    if (!write_directly()) {
        on_work();
    }
}

bool TransmitQueue::State::write_directly() {
    if (!options.direct_writes || !token.try_borrow()) {
        return false;
    }
    Releases releases;
    const bool is_done = write_once(releases);
    const bool is_asked = token.give_back();
    give_back(releases);  // after the token: their owners may push, or stop the loop
    return is_done && !is_asked;
}

bool TransmitQueue::State::write_once(Releases& releases) {
    if (socket == nullptr || sys::now() - direct_write_end < direct_pause_min) {
        return false;
    }
    std::array<iovec, direct_pieces_max> pieces;
    std::size_t count = 0;
    {
        const sync::MutexLock lock(mutex);
        count = is_connected ? gather(pieces, direct_bytes_max) : 0;
    }
    if (count == 0) {
        return false;
    }
    const sys::IoResult result = sys::send(*socket, std::span(pieces).first(count));
    if (result.status == sys::IoStatus::failed) {
        failure_errno = result.error;
        return false;
    }
    bool is_rest = false;
    {
        const sync::MutexLock lock(mutex);
        static_cast<void>(take_sent(result.bytes, releases));
        is_rest = has_work();
    }
    wake_all();
    direct_write_end = sys::now();
    return !is_rest;
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
    const std::uint8_t asked = lane.attention();
    if ((asked & TransmitLane::stopped) != 0) {
        drop_all(DropReason::stopped);  // nobody will send it any more
        wake_all();
    } else if ((asked & TransmitLane::sleeping) != 0 && !write_directly()) {
        lane.clear(TransmitLane::sleeping);
        on_work();
    }
}

}  // namespace sluice::net
