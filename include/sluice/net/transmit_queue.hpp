/// What waits to be sent on one connection: whole messages, under a bound, with a ledger.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "sluice/buffers/buffer.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/net/transmit_lane.hpp"
#include "sluice/sys/socket.hpp"

namespace sluice::net {

/// What happens to messages that cannot be sent now.
enum class EgressPolicy : std::uint8_t {
    /// Without a connection or without room, a message is accepted, dropped and counted. A lost
    /// connection takes all that is queued with it.
    drop,
    /// The same moments refuse the message instead: the sender is told and keeps it.
    fail,
    /// A message waits in the queue, also for a connection; a sender waits for room. A lost
    /// connection takes only the message that was half sent.
    wait,
    /// As `wait`, but the stream matters, not the messages: nothing is ever dropped, and a new
    /// connection goes on at the first byte that the kernel did not take.
    keep,
};

/// Why a message was dropped; the names (`name()`) are a contract of the statistics.
enum class DropReason : std::uint8_t {
    not_connected,
    buffer_full,
    too_large,
    connection_lost,
    stopped
};
inline constexpr std::size_t drop_reason_count = 5;
[[nodiscard]] std::string_view name(DropReason reason) noexcept;

struct EgressOptions {
    EgressPolicy policy = EgressPolicy::drop;
    /// Payload bytes that may be queued; a message of exactly this size fits. At most one message
    /// for each 64 bytes of it (at least 16) may be queued, and as many fragments that are not
    /// copied.
    std::size_t buffer_size_b = std::size_t{1024} * 1024;
    /// Fragments shorter than this are copied into the queue, and their Buffer is given back at
    /// once, so that no small message keeps a slab. 0 = none is copied; at most 65536.
    std::size_t copy_below_b = 4096;
    /// Whether a thread that pushes while nothing else waits may write to the socket itself,
    /// instead of waking the loop for it. It then bears the cost of one system call, which never
    /// waits.
    bool direct_writes = false;
};

[[nodiscard]] Result<void> validate(const EgressOptions& options);
/// What a queue with these options takes at most, in bytes; what fragments point at is not in it.
[[nodiscard]] std::size_t memory_b(const EgressOptions& options);

/// Always true, at every look: accepted = sent + all dropped + queued.
struct EgressLedger {
    struct Count {
        std::uint64_t messages = 0;
        std::uint64_t bytes = 0;
        friend bool operator==(const Count&, const Count&) = default;
    };
    Count accepted;  ///< Everything that was taken from senders, also if dropped at once.
    Count sent;      ///< The kernel took the last byte.
    Count queued;    ///< Waiting or half sent; measured, not computed from the others.
    std::array<Count, drop_reason_count> dropped;  ///< By DropReason.
    std::uint64_t refused = 0;           ///< Not accepted: the sender was told (fail, wait, keep).
    std::uint64_t queued_bytes_max = 0;  ///< The highest queued.bytes so far, without lanes.
};

/// A bounded queue of messages, each a list of fragments that are sent in order without being
/// joined. Many threads push; the loop's thread gathers the front into iovecs, sends, and tells how
/// much the kernel took.
///
/// With `direct_writes`, the thread that pushes to an idle connection does that once itself, and
/// leaves a remainder and any failure to the loop. Whoever writes to the socket holds the transmit
/// token, which is the loop's.
///
/// Memory: an arena for copied fragments and two rings, which grow up to what the options allow as
/// more waits than ever before, in a few steps, and keep that. So a queue that never holds much is
/// small, whatever it may hold, and one that goes on as before allocates nothing. No lock is held
/// while a fragment is given back: its release function may push.
class TransmitQueue final {
  public:
    /// `on_work` is called on the pushing thread when the queue stops being empty, or when what a
    /// thread wrote itself left work for the loop.
    /// REQUIRES: validate(options).
    TransmitQueue(const EgressOptions& options, std::function<void()> on_work);
    ~TransmitQueue();
    TransmitQueue(const TransmitQueue&) = delete;
    TransmitQueue& operator=(const TransmitQueue&) = delete;

    // Any thread.

    /// Queues one message. The fragments are moved from if it is accepted, and left alone if not.
    /// Errors: `not_connected`, `would_block` (no room), `too_large`, `stopped`; with `drop` the
    /// message is then counted as dropped (and moved from), else as refused.
    Result<void> try_push(std::span<Buffer> fragments);
    /// One message: bytes that are copied, whatever `copy_below_b` says, and then fragments, of
    /// which the queue takes shares of its own; the caller's are left alone.
    Result<void> try_push(std::span<const std::byte> head, std::span<const Buffer> fragments);
    /// One message of bytes that are copied, whatever `copy_below_b` says.
    Result<void> try_push_copy(std::span<const std::byte> bytes);
    /// One message in pieces. Its fragments are moved from if it is accepted, and left alone if
    /// not.
    Result<void> try_push(const OutgoingMessage& message);
    /// As try_push, but waits for room until `deadline`: `timed_out` after it. Not on the loop's
    /// thread. With the policy `drop` it does not wait, with `fail` not for a connection.
    Result<void> push(std::span<Buffer> fragments, SteadyTime deadline = never);
    Result<void> push(const OutgoingMessage& message, SteadyTime deadline = never);
    Result<void> push_copy(std::span<const std::byte> bytes, SteadyTime deadline = never);

    /// A lane for one producer, besides the queue that all share; each has bounds of its own, and
    /// its messages keep their order among themselves only. Until close_lane, or the queue's end.
    /// REQUIRES: the policy is `wait` or `fail`; validate(options).
    [[nodiscard]] TransmitLane& open_lane(const LaneOptions& options);
    /// Its producer will push no more. What it pushed is sent.
    void close_lane(TransmitLane& lane);

    /// Waits until all that was accepted is sent, and its fragments are given back, or it is
    /// dropped; or until the deadline: false. Not in what a fragment calls when it is given back.
    bool wait_empty(SteadyTime deadline = never);

    [[nodiscard]] EgressLedger ledger() const;
    /// Bytes that the kernel has taken so far, of whole and of half sent messages.
    [[nodiscard]] std::uint64_t taken_bytes() const;

    // The loop's thread.

    /// A connection is there: sending may begin, at the border of a message (`keep`: where it was).
    void connected();
    /// The connection is gone; drops what the policy says.
    void lost();
    /// Drops everything as `stopped`; pushes fail from now on and waiting ones return.
    void stop();

    /// Whoever pushes may write to this socket, until `detach`, which waits for one who does.
    void attach(const sys::Descriptor& socket);
    void detach();
    /// Takes the transmit token, for `gather`, sending and `consumed`. False: a thread that pushed
    /// is writing, and `on_work` is called when it is done.
    [[nodiscard]] bool begin_sending();
    void end_sending();
    /// The errno of another thread's write that failed, once; else 0.
    [[nodiscard]] int take_failure();

    /// Points `pieces` at the front of the queue, up to `bytes_max`, and returns how many it used.
    /// They stay valid until `consumed`, `lost` or `stop`.
    [[nodiscard]] std::size_t gather(std::span<iovec> pieces, std::size_t bytes_max);
    /// The kernel took the first `bytes` of what was gathered: gives back every fragment whose last
    /// byte was among them.
    void consumed(std::size_t bytes);
    /// To be called before a wait for work: afterwards the next message of a lane calls `on_work`.
    /// False: there is work already.
    [[nodiscard]] bool rest();
    /// Whether there is nothing to gather.
    [[nodiscard]] bool empty() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sluice::net
