/// One thread's loop over readiness, timers, and what other threads post.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"

namespace sluice::net {

struct EventLoopOptions {
    /// The memory that everything received on this loop lives in.
    BufferPoolOptions receive_pool;
    /// While the loop has several connections, what one link (or Stream) may keep of the pool, in
    /// bytes; 0 = a quarter. At least two slabs whatever is given, so that the begin of a message
    /// does not stop its own rest. Beyond it only that one stops reading, but a large message that
    /// is under way is received to its end.
    std::size_t receive_share_b = 0;
    /// Look for work so long, counted from the last, before sleeping: latency against processor
    /// time. 0 = sleep at once.
    Duration busy_poll{};
};

[[nodiscard]] Result<void> validate(const EventLoopOptions& options);

/// Runs on one thread, its own (EventLoopThread) or the user's: call `run()`, or `turn()` whenever
/// `descriptor()` is readable or `next_deadline()` is over.
///
/// A turn handles at most 128 ready connections, for each at most 1 MiB or 16 receives, then due
/// timers, then what was posted before the turn: no connection starves another. Objects on a loop
/// (Link, Stream, Listener, Timer) are created, used and destroyed on its thread, or while nobody
/// runs it, except where a function says "any thread".
class EventLoop final {
  public:
    /// Errors: `invalid_argument`, `limit_reached` (descriptors).
    [[nodiscard]] static Result<std::unique_ptr<EventLoop>> create(
        const EventLoopOptions& options = {});
    /// REQUIRES: nothing is left on the loop, and every Buffer of its pool was given back.
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Turns until `request_stop()`.
    void run();
    /// One turn; waits for something to do until `deadline` at most (a past one: does not wait).
    void turn(SteadyTime deadline);
    /// Makes `run()` return after the present turn. Any thread.
    void request_stop() noexcept;

    /// Calls `function` on the loop's thread, in the order of posting. For control, not for data:
    /// keep captures at 16 bytes to avoid an allocation. Any thread.
    void post(std::function<void()> function);

    /// Whether the caller is inside `run()` or `turn()` of this loop.
    [[nodiscard]] bool is_current_thread() const noexcept;

    /// The time at which this turn began; between turns, of the last one. Loop thread.
    [[nodiscard]] SteadyTime now() const noexcept;
    /// When the next timer is due, or `never`. Loop thread.
    [[nodiscard]] SteadyTime next_deadline() const noexcept;
    /// Readable when a turn has something to do besides timers: for poll() in another loop.
    [[nodiscard]] int descriptor() const noexcept;

    [[nodiscard]] BufferPool& receive_pool() noexcept;

    struct State;  // private to the room
    [[nodiscard]] State& state() noexcept { return *state_; }

  private:
    explicit EventLoop(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace sluice::net
