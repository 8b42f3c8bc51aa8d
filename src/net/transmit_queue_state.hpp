/// The inside of a TransmitQueue.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "net/byte_ring.hpp"
#include "net/lane_set.hpp"
#include "net/releases.hpp"
#include "sluice/net/transmit_queue.hpp"
#include "sluice/sync/loan_token.hpp"
#include "sluice/sync/mutex.hpp"
#include "sluice/sync/parker.hpp"
#include "sluice/sync/ring.hpp"

namespace sluice::net {

/// The bounds that follow from EgressOptions::buffer_size_b.
[[nodiscard]] std::size_t messages_limit(const EgressOptions& options);
[[nodiscard]] std::size_t segments_limit(const EgressOptions& options);

/// Bytes still to send: the next of the arena if `reference` is empty, else of `reference` from
/// `offset` on.
struct Segment {
    Buffer reference;
    std::size_t offset = 0;
    std::size_t bytes = 0;
};

/// Of a message that waits: enough for the largest EgressOptions::buffer_size_b.
using MessageSize = std::uint32_t;

/// A message as the caller gave it: plain bytes that are copied, fragments, more plain bytes.
struct Offer {
    std::array<std::span<const std::byte>, 2> plain;
    std::span<const Buffer> fragments;
    std::span<Buffer> owned;  // the same fragments if they are to be moved from, else none
    std::span<const std::byte> after;
    std::size_t bytes = 0;

    /// Gives back the fragments that were copied or dropped.
    void release() const noexcept {
        for (Buffer& fragment : owned) {
            fragment.reset();
        }
    }
};

inline void count(EgressLedger::Count& counter, std::size_t bytes) noexcept {
    ++counter.messages;
    counter.bytes += bytes;
}

struct TransmitQueue::State {
    State(const EgressOptions& wished, std::function<void()> work)
        : options(wished),
          on_work(std::move(work)),
          arena(options.buffer_size_b),
          segments(segments_limit(options), sync::Allocate::as_needed),
          messages(messages_limit(options), sync::Allocate::as_needed) {}

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
    void drop_lanes(DropReason reason) SLUICE_EXCLUDES(mutex);
    void drop_half_sent() SLUICE_EXCLUDES(mutex);
    [[nodiscard]] EgressLedger::Count& dropped(DropReason reason) SLUICE_REQUIRES(mutex) {
        return ledger.dropped[static_cast<std::size_t>(reason)];
    }

    /// Points `pieces` at what is to be sent next.
    [[nodiscard]] std::size_t gather(std::span<iovec> pieces, std::size_t bytes_max)
        SLUICE_REQUIRES(mutex);
    [[nodiscard]] std::size_t gather_shared(std::span<iovec> pieces, std::size_t bytes_max)
        SLUICE_REQUIRES(mutex);
    /// Removes up to `bytes` that the kernel took, fewer when `releases` is full, and returns how
    /// many. Follow with `give_back`.
    std::size_t take_sent(std::size_t bytes, Releases& releases) SLUICE_REQUIRES(mutex);
    void give_back(Releases& releases) SLUICE_EXCLUDES(mutex);
    [[nodiscard]] bool has_work() const SLUICE_REQUIRES(mutex) {
        return !messages.empty() || lanes.has_work();
    }
    /// Sees to it that what was pushed is sent: writes it here and now, or wakes the loop.
    void send_or_wake() SLUICE_EXCLUDES(mutex);
    /// Writes what waits to an idle connection; false if work is left for the loop.
    [[nodiscard]] bool write_directly() SLUICE_EXCLUDES(mutex);
    /// The same with the token held.
    [[nodiscard]] bool write_once(Releases& releases) SLUICE_EXCLUDES(mutex);
    /// What the producer of a lane does after a message when it was asked to, or is too late.
    void on_attention(TransmitLane& lane) SLUICE_EXCLUDES(mutex);
    /// Wakes whoever waits for room, or for the end.
    void wake_all() SLUICE_EXCLUDES(mutex);
    [[nodiscard]] std::uint8_t attention() const SLUICE_REQUIRES(mutex);

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

    sync::LoanToken token;  // the right to write to the socket
    // Under the token.
    const sys::Descriptor* socket = nullptr;  // where others than the loop may write
    SteadyTime direct_write_end{};            // of the last one
    int failure_errno = 0;                    // of the last one

    mutable sync::Mutex mutex;
    ByteRing arena SLUICE_GUARDED_BY(mutex);
    sync::Ring<Segment> segments SLUICE_GUARDED_BY(mutex);
    sync::Ring<MessageSize> messages SLUICE_GUARDED_BY(mutex);
    std::size_t message_gone SLUICE_GUARDED_BY(mutex) = 0;  // of the first message
    std::uint64_t taken_bytes SLUICE_GUARDED_BY(mutex) = 0;
    EgressLedger ledger SLUICE_GUARDED_BY(mutex);
    LaneSet lanes SLUICE_GUARDED_BY(mutex);
    std::size_t giving_back SLUICE_GUARDED_BY(mutex) = 0;  // threads that do, after sending
    bool sends_lanes SLUICE_GUARDED_BY(mutex) = false;     // what was gathered last is theirs
    bool is_connected SLUICE_GUARDED_BY(mutex) = false;
    bool is_stopped SLUICE_GUARDED_BY(mutex) = false;
};

}  // namespace sluice::net
