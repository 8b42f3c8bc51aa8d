/// The inside of an event loop, for the other classes of this room.
#pragma once

#include <sys/uio.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "net/timer_queue.hpp"
#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/buffers/receive_buffer.hpp"
#include "sluice/net/event_loop.hpp"
#include "sluice/sync/mutex.hpp"
#include "sluice/sys/poller.hpp"
#include "sluice/sys/thread.hpp"

namespace sluice::net {

/// Something on a loop that readiness and signals are dispatched to.
class LoopHandler {
  public:
    virtual ~LoopHandler() = default;
    /// The descriptor registered under this handler's token is ready.
    virtual void on_ready(const sys::Readiness& readiness) { static_cast<void>(readiness); }
    /// Somebody called `EventLoop::State::signal` with this handler's token.
    virtual void on_signal() {}
    /// The loop spins: looks whether it is ready, without asking the poller; false if there was
    /// nothing to do.
    virtual bool on_spin() { return false; }
};

/// Handlers by token. A token names a slot and how often the slot was used before, so that what was
/// meant for a handler that is gone (a late event, a late signal) finds nobody.
class HandlerTable final {
  public:
    /// Names nobody, ever.
    static constexpr std::uint64_t no_token = ~std::uint64_t{0};

    [[nodiscard]] std::uint64_t add(LoopHandler& handler);
    void remove(std::uint64_t token) noexcept;
    /// Null if it was removed.
    [[nodiscard]] LoopHandler* find(std::uint64_t token) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return free_.size() == slots_.size(); }

  private:
    struct Slot {
        LoopHandler* handler = nullptr;
        std::uint32_t generation = 0;
    };
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
};

/// IOV_MAX on Linux.
inline constexpr std::size_t pieces_per_send = 1024;

struct EventLoop::State {
    State(const EventLoopOptions& options, sys::Poller readiness);

    /// Lets `on_signal` of the token's handler be called in the loop. Any thread, also after the
    /// handler is gone.
    void signal(std::uint64_t token);
    void post(std::function<void()> function);

    /// Destroys `handler` when no call into it can be under way any more: at the end of a turn.
    void retire(std::unique_ptr<LoopHandler> handler);

    /// Whether the calling thread may touch the loop's objects: it runs or turns the loop, or
    /// nobody does.
    [[nodiscard]] bool is_owned_by_this_thread() const noexcept;

    /// An account limited to what one connection may keep.
    [[nodiscard]] Result<BufferAccount> open_account();
    void add_stream(std::uint64_t token) noexcept;
    void remove_stream(std::uint64_t token);

    void turn(SteadyTime deadline);
    [[nodiscard]] std::size_t wait(std::span<sys::Readiness> ready, SteadyTime deadline);
    [[nodiscard]] bool is_woken();
    /// Lets the only stream look for itself, which saves a system call; false if it found nothing.
    bool spin();
    void wake_for_posted();
    /// Whether the caller is something that a turn calls.
    [[nodiscard]] bool is_dispatching_here() const noexcept {
        return current.load(std::memory_order_relaxed) == sys::this_thread_id() && is_dispatching;
    }
    void run_posted();
    void destroy_retired() noexcept;

    sys::Poller poller;
    HandlerTable handlers;
    TimerQueue timers;
    SteadyTime now;

    BufferPool pool;
    ReceiveBuffer receive_buffer;
    const std::size_t receive_share_bytes;
    const Duration busy_poll;
    std::size_t streams = 0;                         // open on this loop
    std::uint64_t stream_tokens = 0;                 // theirs, joined by XOR
    std::array<iovec, pieces_per_send> send_pieces;  // of the stream that sends just now

    std::vector<std::unique_ptr<LoopHandler>> retired;
    bool in_turn = false;
    bool is_dispatching = false;  // in_turn, and not waiting

    std::atomic<std::uint64_t> owner{0};    // the thread that turned it last
    std::atomic<std::uint64_t> current{0};  // the thread that is in run() or turn()
    std::atomic<bool> stop_requested{false};

    sync::Mutex mutex;
    std::vector<std::function<void()>> posted SLUICE_GUARDED_BY(mutex);
    bool wake_pending SLUICE_GUARDED_BY(mutex) = false;
    std::vector<std::function<void()>> running;  // what this turn took from `posted`
};

}  // namespace sluice::net
