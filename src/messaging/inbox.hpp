/// Where received messages wait for the program.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/framing/frame_batch.hpp"
#include "sluice/messaging/message.hpp"
#include "sluice/messaging/message_cursor.hpp"
#include "sluice/sync/bounded_queue.hpp"
#include "sluice/sync/mutex.hpp"
#include "sluice/sys/poller.hpp"

namespace sluice::messaging {

/// Frames of one connection.
struct Arrival {
    FrameBatch batch;
    PeerId peer = 0;
};

/// A queue of batches, from the receive thread to the program, which takes them apart into messages
/// itself. Above its mark the receive thread is refused, and told when half of it is free again.
class Inbox final {
  public:
    /// `on_room` is called on the program's thread: it only signals.
    Inbox(std::size_t bytes_max, Duration busy_poll, std::function<void()> on_room);

    // The receive thread.

    /// Moves from `arrival`; false if there is no room: then `on_room` will be called.
    [[nodiscard]] bool push(Arrival& arrival);

    // The program, one thread at a time.

    /// Has the next messages, after `receive` or `receive_batch`.
    [[nodiscard]] detail::MessageCursor& cursor() noexcept { return cursor_; }
    /// The next message, of a batch of its own. Errors: `would_block` (a deadline that is over),
    /// `timed_out`, `closed`. REQUIRES: the cursor has no more.
    Result<Message> receive(SteadyTime deadline);
    /// The next messages, at least one, as many as came together and have room.
    Result<std::size_t> receive_batch(std::span<Message> messages, SteadyTime deadline);

    /// Readable while messages wait.
    [[nodiscard]] Result<int> descriptor();

    // Any thread.

    void close();
    [[nodiscard]] sync::QueueStatistics statistics() const { return queue_.statistics(); }

  private:
    struct Weight {
        std::size_t bytes_max;
        std::size_t operator()(const Arrival& arrival) const noexcept {
            return std::min(bytes_max, arrival.batch.bytes().size());
        }
    };

    Result<void> open_next(SteadyTime deadline);
    Result<sync::Popped<Arrival>> pop(SteadyTime deadline);
    void settle_descriptor();
    [[nodiscard]] bool is_half_free() const;

    const std::size_t bytes_max_;
    const Duration busy_poll_;
    const std::function<void()> on_room_;
    std::atomic<bool> is_refusing_{false};

    mutable sync::Mutex mutex_;
    std::unique_ptr<sys::Poller> pollable_ SLUICE_GUARDED_BY(mutex_);
    std::atomic<bool> has_pollable_{false};

    sync::BoundedQueue<Arrival, sync::WaitForRoom, Weight> queue_;

    // The program's.
    detail::MessageCursor cursor_;
};

}  // namespace sluice::messaging
