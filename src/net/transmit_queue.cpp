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
constexpr std::size_t releases_at_once = 32;

/// Bytes still to send: the next of the arena if `reference` is empty, else of `reference` from
/// `offset` on.
struct Segment {
    Buffer reference;
    std::size_t offset = 0;
    std::size_t bytes = 0;
};

/// A message as the caller gave it: plain bytes that are copied, then fragments.
struct Offer {
    std::span<const std::byte> plain;
    std::span<const Buffer> fragments;
    std::span<Buffer> owned;  // the same fragments if they are to be moved from, else none
    std::size_t bytes = 0;

    /// Gives back the fragments that were copied or dropped.
    void release() const noexcept {
        for (Buffer& fragment : owned) {
            fragment.reset();
        }
    }
};

/// References that are finished. Declared before the lock is taken, so that they are given back
/// after it: what the last share of lent memory calls may well push the next message.
class Releases {
  public:
    [[nodiscard]] bool full() const noexcept { return size_ == buffers_.size(); }
    void add(Buffer&& buffer) noexcept { buffers_[size_++] = std::move(buffer); }

  private:
    std::array<Buffer, releases_at_once> buffers_;
    std::size_t size_ = 0;
};

std::size_t messages_limit(const EgressOptions& options) {
    return std::max(messages_min, options.buffer_size_b / bytes_per_message);
}

/// Every reference may have a run of the arena before it.
std::size_t segments_limit(const EgressOptions& options) {
    const std::size_t reference_bytes = std::max(options.copy_below_b, bytes_per_message);
    return 2 * (options.buffer_size_b / reference_bytes) + segments_spare;
}

Offer offer_of(std::span<const std::byte> plain, std::span<const Buffer> fragments,
               std::span<Buffer> owned = {}) {
    Offer offer{.plain = plain, .fragments = fragments, .owned = owned, .bytes = plain.size()};
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
    if (options.copy_below_b > 65'536) {
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
    void append_reference(Buffer fragment) SLUICE_REQUIRES(mutex);
    [[nodiscard]] bool is_copied(const Buffer& fragment) const noexcept {
        return fragment.size() < options.copy_below_b || fragment.empty();
    }
    /// Counts every message at the front whose last byte is gone as sent.
    void settle() SLUICE_REQUIRES(mutex);
    /// Removes up to `bytes` from the front of the segments, fewer when `releases` is full, and
    /// returns how many.
    std::size_t discard(std::size_t bytes, Releases& releases) SLUICE_REQUIRES(mutex);
    /// Drops the first message, or as much of it as `releases` has room for.
    void drop_front(DropReason reason, Releases& releases) SLUICE_REQUIRES(mutex);
    void drop_all(DropReason reason) SLUICE_EXCLUDES(mutex);
    void drop_half_sent() SLUICE_EXCLUDES(mutex);

    [[nodiscard]] bool waits() const noexcept {
        return options.policy == EgressPolicy::wait || options.policy == EgressPolicy::keep;
    }
    /// How many segments the offer needs at most.
    [[nodiscard]] std::size_t segments_of(const Offer& offer) const noexcept {
        const auto references =
            std::count_if(offer.fragments.begin(), offer.fragments.end(),
                          [this](const Buffer& fragment) { return !is_copied(fragment); });
        return 2 * static_cast<std::size_t>(references) + 1;
    }
    /// Takes the offer, gives back what was copied of it and wakes the sender; or says why not.
    std::optional<DropReason> attempt(Offer& offer) SLUICE_EXCLUDES(mutex);
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
    for (std::size_t i = 0; i < offer.fragments.size(); ++i) {
        if (is_copied(offer.fragments[i])) {
            append(offer.fragments[i].bytes());
        } else {
            append_reference(offer.owned.empty() ? offer.fragments[i].share()
                                                 : std::move(offer.owned[i]));
        }
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
    count(ledger.dropped[static_cast<std::size_t>(reason)], bytes);
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
}

void TransmitQueue::State::drop_half_sent() {
    for (bool is_half_sent = true; is_half_sent;) {
        Releases releases;
        const sync::MutexLock lock(mutex);
        if (message_gone > 0) {
            drop_front(DropReason::connection_lost, releases);
        }
        is_half_sent = message_gone > 0;
        if (!is_half_sent) {
            settle();  // what follows may have no bytes, and would wait for nothing
        }
    }
}

Result<void> TransmitQueue::State::refuse(DropReason reason, Offer& offer) {
    if (options.policy == EgressPolicy::drop) {
        {
            const sync::MutexLock lock(mutex);
            count(ledger.accepted, offer.bytes);
            count(ledger.dropped[static_cast<std::size_t>(reason)], offer.bytes);
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
        on_work();
    }
    return std::nullopt;
}

Result<void> TransmitQueue::State::try_push(Offer offer) {
    const std::optional<DropReason> reason = attempt(offer);
    return reason ? refuse(*reason, offer) : Result<void>();
}

Result<void> TransmitQueue::State::push(Offer offer, SteadyTime deadline) {
    while (true) {
        const sync::Parker::Ticket ticket = changed.prepare();
        const std::optional<DropReason> reason = attempt(offer);
        if (reason != DropReason::buffer_full || !waits()) {
            changed.cancel();
            return reason ? refuse(*reason, offer) : Result<void>();
        }
        if (!changed.park(ticket, deadline)) {
            const sync::MutexLock lock(mutex);
            ++ledger.refused;
            return Error(Errc::timed_out);
        }
    }
}

std::size_t memory_b(const EgressOptions& options) {
    return sizeof(TransmitQueue) + options.buffer_size_b +
           segments_limit(options) * sizeof(std::optional<Segment>) +
           messages_limit(options) * sizeof(std::optional<std::size_t>);
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
    state_->changed.unpark_all();
}

void TransmitQueue::stop() {
    {
        const sync::MutexLock lock(state_->mutex);
        state_->is_connected = false;
        state_->is_stopped = true;
    }
    state_->drop_all(DropReason::stopped);
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
    while (bytes > 0) {
        Releases releases;
        const sync::MutexLock lock(state_->mutex);
        const std::size_t gone = state_->discard(bytes, releases);
        state_->taken_bytes += gone;
        state_->message_gone += gone;
        state_->settle();
        bytes -= gone;
    }
    state_->changed.unpark_all();
}

bool TransmitQueue::empty() const {
    const sync::MutexLock lock(state_->mutex);
    return state_->segments.empty();
}

}  // namespace sluice::net
