#include "sluice/net/transmit_queue.hpp"

#include <algorithm>
#include <optional>

#include "net/transmit_queue_state.hpp"

namespace sluice::net {
namespace {

Offer offer_of(std::span<const std::byte> plain, std::span<const Buffer> fragments,
               std::span<Buffer> owned = {}) {
    Offer offer{.plain = {plain},
                .fragments = fragments,
                .owned = owned,
                .after = {},
                .bytes = plain.size()};
    for (const Buffer& fragment : fragments) {
        offer.bytes += fragment.size();
    }
    return offer;
}

Offer offer_of(const OutgoingMessage& message) {
    Offer offer = offer_of(message.before, message.fragments, message.fragments);
    offer.plain[1] = message.body;
    offer.after = message.after;
    offer.bytes += message.body.size() + message.after.size();
    return offer;
}

Errc error_of(DropReason reason) noexcept {
    switch (reason) {
        case DropReason::not_connected:
            return Errc::not_connected;
        case DropReason::buffer_full:
            return Errc::would_block;
        case DropReason::too_large:
            return Errc::too_large;
        case DropReason::connection_lost:
            return Errc::connection_reset;
        case DropReason::stopped:
            break;
    }
    return Errc::stopped;
}

}  // namespace

std::optional<DropReason> TransmitQueue::State::obstacle(const Offer& offer) {
    if (is_stopped) {
        return DropReason::stopped;
    }
    if (offer.bytes > options.buffer_size_b || segments_of(offer) > segments_limit(options)) {
        return DropReason::too_large;
    }
    if (!is_connected && !waits()) {
        return DropReason::not_connected;
    }
    if (offer.bytes > options.buffer_size_b - ledger.queued.bytes || messages.full() ||
        segments_of(offer) > segments_limit(options) - segments.size()) {
        return DropReason::buffer_full;
    }
    return std::nullopt;
}

std::optional<DropReason> TransmitQueue::State::take(Offer& offer, bool& wake) {
    if (const std::optional<DropReason> reason = obstacle(offer)) {
        return reason;
    }
    wake = segments.empty() && is_connected;
    for (const std::span<const std::byte> bytes : offer.plain) {
        append(bytes);
    }
    for (std::size_t i = 0; i < offer.fragments.size(); ++i) {
        if (is_copied(offer.fragments[i])) {
            append(offer.fragments[i].bytes());
        } else {
            append_reference(offer.owned.empty() ? offer.fragments[i].share()
                                                 : std::move(offer.owned[i]));
        }
    }
    append(offer.after);
    messages.push_back(static_cast<MessageSize>(offer.bytes));
    count(ledger.accepted, offer.bytes);
    count(ledger.queued, offer.bytes);
    ledger.queued_bytes_max = std::max(ledger.queued_bytes_max, ledger.queued.bytes);
    settle();  // a message of no bytes has nothing to wait for
    return std::nullopt;
}

void TransmitQueue::State::append(std::span<const std::byte> bytes) {
    if (bytes.empty()) {
        return;
    }
    arena.push(bytes);
    if (segments.empty() || !segments[segments.size() - 1].reference.empty()) {
        segments.push_back(Segment{});
    }
    segments[segments.size() - 1].bytes += bytes.size();
}

void TransmitQueue::State::append_reference(Buffer fragment) {
    const std::size_t bytes = fragment.size();
    segments.push_back(Segment{.reference = std::move(fragment), .offset = 0, .bytes = bytes});
}

void TransmitQueue::State::settle() {
    while (!messages.empty() && message_gone >= messages[0]) {
        const std::size_t bytes = messages.take();
        message_gone -= bytes;
        count(ledger.sent, bytes);
        --ledger.queued.messages;
        ledger.queued.bytes -= bytes;
    }
}

std::size_t TransmitQueue::State::discard(std::size_t bytes, Releases& releases) {
    std::size_t discarded = 0;
    while (discarded < bytes && !releases.full()) {
        Segment& segment = segments[0];
        const std::size_t gone = std::min(bytes - discarded, segment.bytes);
        if (segment.reference.empty()) {
            arena.pop(gone);
        } else {
            segment.offset += gone;
        }
        segment.bytes -= gone;
        discarded += gone;
        if (segment.bytes == 0) {
            releases.add(std::move(segments.take().reference));
        }
    }
    return discarded;
}

void TransmitQueue::State::drop_front(DropReason reason, Releases& releases) {
    const std::size_t bytes = messages[0];
    message_gone += discard(bytes - message_gone, releases);
    if (message_gone < bytes) {
        return;
    }
    static_cast<void>(messages.take());
    message_gone = 0;
    count(dropped(reason), bytes);
    --ledger.queued.messages;
    ledger.queued.bytes -= bytes;
}

void TransmitQueue::State::drop_all(DropReason reason) {
    for (bool is_empty = false; !is_empty;) {
        Releases releases;
        const sync::MutexLock lock(mutex);
        while (!messages.empty() && !releases.full()) {
            drop_front(reason, releases);
        }
        is_empty = messages.empty();
    }
    drop_lanes(reason);
}

void TransmitQueue::State::drop_lanes(DropReason reason) {
    for (bool has_more = true; has_more;) {
        Releases releases;
        const sync::MutexLock lock(mutex);
        has_more = lanes.drop(releases, dropped(reason));
    }
}

void TransmitQueue::State::drop_half_sent() {
    for (bool is_half_sent = true; is_half_sent;) {
        Releases releases;
        const sync::MutexLock lock(mutex);
        if (message_gone > 0) {
            drop_front(DropReason::connection_lost, releases);
        }
        const bool has_more = lanes.drop_half_sent(releases, dropped(DropReason::connection_lost));
        is_half_sent = message_gone > 0 || has_more;
        if (message_gone == 0) {
            settle();  // what follows may have no bytes, and would wait for nothing
        }
    }
}

Result<void> TransmitQueue::State::refuse(DropReason reason, Offer& offer) {
    if (options.policy == EgressPolicy::drop) {
        {
            const sync::MutexLock lock(mutex);
            count(ledger.accepted, offer.bytes);
            count(dropped(reason), offer.bytes);
        }
        offer.release();
    } else {
        const sync::MutexLock lock(mutex);
        ++ledger.refused;
    }
    return Error(error_of(reason));
}

std::optional<DropReason> TransmitQueue::State::attempt(Offer& offer) {
    bool wake = false;
    {
        const sync::MutexLock lock(mutex);
        if (const std::optional<DropReason> reason = take(offer, wake)) {
            return reason;
        }
    }
    offer.release();
    if (wake) {
        send_or_wake();
    }
    return std::nullopt;
}

Result<void> TransmitQueue::State::try_push(Offer offer) {
    const std::optional<DropReason> reason = attempt(offer);
    return reason ? refuse(*reason, offer) : Result<void>();
}

Result<void> TransmitQueue::State::push(Offer offer, SteadyTime deadline) {
    // Not announced as a waiter yet: it may write the message itself, and would wake itself.
    std::optional<DropReason> reason = attempt(offer);
    while (reason == DropReason::buffer_full && options.policy != EgressPolicy::drop) {
        const sync::Parker::Ticket ticket = changed.prepare();
        reason = attempt(offer);
        if (reason != DropReason::buffer_full) {
            changed.cancel();
        } else if (!changed.park(ticket, deadline)) {
            const sync::MutexLock lock(mutex);
            ++ledger.refused;
            return Error(Errc::timed_out);
        }
    }
    return reason ? refuse(*reason, offer) : Result<void>();
}

TransmitQueue::TransmitQueue(const EgressOptions& options, std::function<void()> on_work)
    : state_(std::make_unique<State>(options, std::move(on_work))) {}

TransmitQueue::~TransmitQueue() = default;

Result<void> TransmitQueue::try_push(std::span<Buffer> fragments) {
    return state_->try_push(offer_of({}, fragments, fragments));
}

Result<void> TransmitQueue::try_push(std::span<const std::byte> head,
                                     std::span<const Buffer> fragments) {
    return state_->try_push(offer_of(head, fragments));
}

Result<void> TransmitQueue::try_push_copy(std::span<const std::byte> bytes) {
    return state_->try_push(offer_of(bytes, {}));
}

Result<void> TransmitQueue::try_push(const OutgoingMessage& message) {
    return state_->try_push(offer_of(message));
}

Result<void> TransmitQueue::push(const OutgoingMessage& message, SteadyTime deadline) {
    return state_->push(offer_of(message), deadline);
}

Result<void> TransmitQueue::push(std::span<Buffer> fragments, SteadyTime deadline) {
    return state_->push(offer_of({}, fragments, fragments), deadline);
}

Result<void> TransmitQueue::push_copy(std::span<const std::byte> bytes, SteadyTime deadline) {
    return state_->push(offer_of(bytes, {}), deadline);
}

bool TransmitQueue::wait_empty(SteadyTime deadline) {
    while (true) {
        const sync::Parker::Ticket ticket = state_->changed.prepare();
        {
            const sync::MutexLock lock(state_->mutex);
            if (!state_->has_work() && state_->giving_back == 0) {
                state_->changed.cancel();
                return true;
            }
        }
        if (!state_->changed.park(ticket, deadline)) {
            return false;
        }
    }
}

EgressLedger TransmitQueue::ledger() const {
    const sync::MutexLock lock(state_->mutex);
    EgressLedger sum = state_->ledger;
    state_->lanes.add_to(sum);
    return sum;
}

std::uint64_t TransmitQueue::taken_bytes() const {
    const sync::MutexLock lock(state_->mutex);
    return state_->taken_bytes;
}

}  // namespace sluice::net
