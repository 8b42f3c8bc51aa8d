#include "sluice/net/transmit_queue.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "net/byte_ring.hpp"
#include "sluice/sync/mutex.hpp"
#include "sluice/sync/parker.hpp"
#include "sluice/sync/ring.hpp"

namespace sluice::net {
namespace {

constexpr std::size_t bytes_per_message = 64;
constexpr std::size_t messages_min = 16;
constexpr std::size_t segments_spare = 64;

/// Bytes still to send: the next of the arena if `reference` is empty, else of `reference` from
/// `offset` on.
struct Segment {
    Buffer reference;
    std::size_t offset = 0;
    std::size_t bytes = 0;
};

/// A message as the caller gave it: fragments, or plain bytes that are copied.
struct Offer {
    std::span<Buffer> fragments;
    std::span<const std::byte> plain;
    std::size_t bytes = 0;
};

std::size_t messages_limit(const EgressOptions& options) {
    return std::max(messages_min, options.buffer_size_b / bytes_per_message);
}

/// Every reference may have a run of the arena before it.
std::size_t segments_limit(const EgressOptions& options) {
    const std::size_t reference_bytes = std::max(options.copy_below_b, bytes_per_message);
    return 2 * (options.buffer_size_b / reference_bytes) + segments_spare;
}

Offer offer_of(std::span<Buffer> fragments) {
    Offer offer{.fragments = fragments, .plain = {}, .bytes = 0};
    for (const Buffer& fragment : fragments) {
        offer.bytes += fragment.size();
    }
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

void count(EgressLedger::Count& counter, std::size_t bytes) {
    ++counter.messages;
    counter.bytes += bytes;
}

}  // namespace

std::string_view name(DropReason reason) noexcept {
    switch (reason) {
        case DropReason::not_connected:
            return "not_connected";
        case DropReason::buffer_full:
            return "buffer_full";
        case DropReason::too_large:
            return "too_large";
        case DropReason::connection_lost:
            return "connection_lost";
        case DropReason::stopped:
            break;
    }
    return "stopped";
}

Result<void> validate(const EgressOptions& options) {
    constexpr std::size_t bytes_max = std::size_t{1} << 30U;
    if (options.buffer_size_b == 0 || options.buffer_size_b > bytes_max) {
        return Error(Errc::invalid_argument, "egress_buffer_size_b " +
                                                 std::to_string(options.buffer_size_b) +
                                                 "; allowed are 1 to 1073741824 bytes");
    }
    if (options.copy_below_b > options.buffer_size_b && options.copy_below_b > 65'536) {
        return Error(Errc::invalid_argument, "copy_below_b " +
                                                 std::to_string(options.copy_below_b) +
                                                 "; allowed are 0 (never) to 65536 bytes");
    }
    return {};
}

struct TransmitQueue::State {
    State(const EgressOptions& wished, std::function<void()> work)
        : options(wished),
          on_work(std::move(work)),
          arena(options.buffer_size_b),
          segments(segments_limit(options)),
          messages(messages_limit(options)) {}

    /// Takes the offer, or says why not. `wake` is set when the queue stopped being empty.
    std::optional<DropReason> take(Offer& offer, bool& wake) SLUICE_REQUIRES(mutex);
    [[nodiscard]] std::optional<DropReason> obstacle(const Offer& offer) SLUICE_REQUIRES(mutex);
    void append(std::span<const std::byte> bytes) SLUICE_REQUIRES(mutex);
    void append(Buffer& fragment) SLUICE_REQUIRES(mutex);
    /// Counts every message at the front whose last byte is gone as sent.
    void settle() SLUICE_REQUIRES(mutex);
    /// Removes bytes from the front of the segments and gives finished references back.
    void discard(std::size_t bytes) SLUICE_REQUIRES(mutex);
    void drop_front(DropReason reason) SLUICE_REQUIRES(mutex);
    void drop_all(DropReason reason) SLUICE_REQUIRES(mutex);

    [[nodiscard]] bool waits() const noexcept {
        return options.policy == EgressPolicy::wait || options.policy == EgressPolicy::keep;
    }
    /// How many segments the offer needs at most.
    [[nodiscard]] std::size_t segments_of(const Offer& offer) const noexcept {
        return offer.fragments.size() + 1;
    }
    Result<void> try_push(Offer offer) SLUICE_EXCLUDES(mutex);
    Result<void> push(Offer offer, SteadyTime deadline) SLUICE_EXCLUDES(mutex);
    Result<void> refuse(DropReason reason, Offer& offer) SLUICE_EXCLUDES(mutex);

    const EgressOptions options;
    const std::function<void()> on_work;
    sync::Parker changed;  // room came free, or the queue became empty or stopped

    mutable sync::Mutex mutex;
    ByteRing arena SLUICE_GUARDED_BY(mutex);
    sync::Ring<Segment> segments SLUICE_GUARDED_BY(mutex);
    sync::Ring<std::size_t> messages SLUICE_GUARDED_BY(mutex);  // their sizes
    std::size_t message_gone SLUICE_GUARDED_BY(mutex) = 0;      // of the first message
    std::uint64_t taken_bytes SLUICE_GUARDED_BY(mutex) = 0;
    EgressLedger ledger SLUICE_GUARDED_BY(mutex);
    bool is_connected SLUICE_GUARDED_BY(mutex) = false;
    bool is_stopped SLUICE_GUARDED_BY(mutex) = false;
};

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
    append(offer.plain);
    for (Buffer& fragment : offer.fragments) {
        append(fragment);
    }
    messages.push_back(std::size_t{offer.bytes});
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

void TransmitQueue::State::append(Buffer& fragment) {
    Buffer taken = std::move(fragment);
    if (taken.size() < options.copy_below_b) {
        append(taken.bytes());
    } else if (!taken.empty()) {
        const std::size_t bytes = taken.size();
        segments.push_back(Segment{.reference = std::move(taken), .offset = 0, .bytes = bytes});
    }
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

void TransmitQueue::State::discard(std::size_t bytes) {
    while (bytes > 0) {
        Segment& segment = segments[0];
        const std::size_t gone = std::min(bytes, segment.bytes);
        if (segment.reference.empty()) {
            arena.pop(gone);
        } else {
            segment.offset += gone;
        }
        segment.bytes -= gone;
        bytes -= gone;
        if (segment.bytes == 0) {
            static_cast<void>(segments.take());
        }
    }
}

void TransmitQueue::State::drop_front(DropReason reason) {
    const std::size_t bytes = messages.take();
    discard(bytes - message_gone);
    message_gone = 0;
    count(ledger.dropped[static_cast<std::size_t>(reason)], bytes);
    --ledger.queued.messages;
    ledger.queued.bytes -= bytes;
}

void TransmitQueue::State::drop_all(DropReason reason) {
    while (!messages.empty()) {
        drop_front(reason);
    }
}

Result<void> TransmitQueue::State::refuse(DropReason reason, Offer& offer) {
    if (options.policy == EgressPolicy::drop) {
        {
            const sync::MutexLock lock(mutex);
            count(ledger.accepted, offer.bytes);
            count(ledger.dropped[static_cast<std::size_t>(reason)], offer.bytes);
        }
        for (Buffer& fragment : offer.fragments) {
            fragment.reset();
        }
    } else {
        const sync::MutexLock lock(mutex);
        ++ledger.refused;
    }
    return Error(error_of(reason));
}

Result<void> TransmitQueue::State::try_push(Offer offer) {
    bool wake = false;
    std::optional<DropReason> reason;
    {
        const sync::MutexLock lock(mutex);
        reason = take(offer, wake);
    }
    if (reason) {
        return refuse(*reason, offer);
    }
    if (wake) {
        on_work();
    }
    return {};
}

Result<void> TransmitQueue::State::push(Offer offer, SteadyTime deadline) {
    while (true) {
        const sync::Parker::Ticket ticket = changed.prepare();
        bool wake = false;
        std::optional<DropReason> reason;
        {
            const sync::MutexLock lock(mutex);
            reason = take(offer, wake);
        }
        if (reason == DropReason::buffer_full && waits()) {
            if (!changed.park(ticket, deadline)) {
                const sync::MutexLock lock(mutex);
                ++ledger.refused;
                return Error(Errc::timed_out);
            }
            continue;
        }
        changed.cancel();
        if (reason) {
            return refuse(*reason, offer);
        }
        if (wake) {
            on_work();
        }
        return {};
    }
}

TransmitQueue::TransmitQueue(const EgressOptions& options, std::function<void()> on_work)
    : state_(std::make_unique<State>(options, std::move(on_work))) {}

TransmitQueue::~TransmitQueue() = default;

Result<void> TransmitQueue::try_push(std::span<Buffer> fragments) {
    return state_->try_push(offer_of(fragments));
}

Result<void> TransmitQueue::try_push_copy(std::span<const std::byte> bytes) {
    return state_->try_push({.fragments = {}, .plain = bytes, .bytes = bytes.size()});
}

Result<void> TransmitQueue::push(std::span<Buffer> fragments, SteadyTime deadline) {
    return state_->push(offer_of(fragments), deadline);
}

Result<void> TransmitQueue::push_copy(std::span<const std::byte> bytes, SteadyTime deadline) {
    return state_->push({.fragments = {}, .plain = bytes, .bytes = bytes.size()}, deadline);
}

bool TransmitQueue::wait_empty(SteadyTime deadline) {
    while (true) {
        const sync::Parker::Ticket ticket = state_->changed.prepare();
        {
            const sync::MutexLock lock(state_->mutex);
            if (state_->messages.empty()) {
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
    return state_->ledger;
}

std::uint64_t TransmitQueue::taken_bytes() const {
    const sync::MutexLock lock(state_->mutex);
    return state_->taken_bytes;
}

void TransmitQueue::connected() {
    const sync::MutexLock lock(state_->mutex);
    state_->is_connected = !state_->is_stopped;
}

void TransmitQueue::lost() {
    {
        const sync::MutexLock lock(state_->mutex);
        state_->is_connected = false;
        switch (state_->options.policy) {
            case EgressPolicy::drop:
            case EgressPolicy::fail:
                state_->drop_all(DropReason::connection_lost);
                break;
            case EgressPolicy::wait:
                if (state_->message_gone > 0) {
                    state_->drop_front(DropReason::connection_lost);
                }
                break;
            case EgressPolicy::keep:
                break;
        }
    }
    state_->changed.unpark_all();
}

void TransmitQueue::stop() {
    {
        const sync::MutexLock lock(state_->mutex);
        state_->is_connected = false;
        state_->is_stopped = true;
        state_->drop_all(DropReason::stopped);
    }
    state_->changed.unpark_all();
}

std::size_t TransmitQueue::gather(std::span<iovec> pieces, std::size_t bytes_max) {
    const sync::MutexLock lock(state_->mutex);
    std::size_t used = 0;
    std::size_t arena_offset = 0;
    const auto add = [&](std::span<const std::byte> bytes) {
        bytes = bytes.first(std::min(bytes.size(), bytes_max));
        if (!bytes.empty() && used < pieces.size()) {
            pieces[used++] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
            bytes_max -= bytes.size();
        }
    };
    for (std::size_t i = 0; i < state_->segments.size() && bytes_max > 0 && used < pieces.size();
         ++i) {
        const Segment& segment = state_->segments[i];
        if (!segment.reference.empty()) {
            add(segment.reference.bytes().subspan(segment.offset));
            continue;
        }
        for (const std::span<std::byte> piece : state_->arena.pieces(arena_offset, segment.bytes)) {
            add(piece);
        }
        arena_offset += segment.bytes;
    }
    return used;
}

void TransmitQueue::consumed(std::size_t bytes) {
    {
        const sync::MutexLock lock(state_->mutex);
        state_->discard(bytes);
        state_->taken_bytes += bytes;
        state_->message_gone += bytes;
        state_->settle();
    }
    state_->changed.unpark_all();
}

bool TransmitQueue::empty() const {
    const sync::MutexLock lock(state_->mutex);
    return state_->segments.empty();
}

}  // namespace sluice::net
