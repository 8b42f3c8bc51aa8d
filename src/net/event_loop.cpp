#include "sluice/net/event_loop.hpp"

#include <array>
#include <string>

#include "net/event_loop_state.hpp"
#include "sluice/core/check.hpp"
#include "sluice/sys/clock.hpp"
#include "sluice/sys/thread.hpp"

namespace sluice::net {
namespace {

constexpr std::size_t events_per_turn = 128;
/// A read is offered this much at least; less makes system calls the cost.
constexpr std::size_t offer_bytes = std::size_t{64} * 1024;
/// A spinning loop with one stream asks that each time, and the poller, for all else, more rarely.
constexpr unsigned spins_per_poll = 8;
/// Posts that may wait for one turn without an allocation.
constexpr std::size_t posts_reserved = 64;

/// At least two slabs: the begin of a message may keep one, and must not stop its own rest.
std::size_t receive_share(const EventLoopOptions& options) {
    const std::size_t share_b =
        options.receive_share_b != 0 ? options.receive_share_b : options.receive_pool.size_b / 4;
    return std::max(share_b, 2 * options.receive_pool.slab_size_b);
}

/// A slab may be smaller than the usual offer.
std::size_t receive_offer(const BufferPool& pool) {
    return std::min(offer_bytes, pool.slab_capacity());
}

}  // namespace

std::uint64_t HandlerTable::add(LoopHandler& handler) {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    slots_[index].handler = &handler;
    return std::uint64_t{slots_[index].generation} << 32U | index;
}

void HandlerTable::remove(std::uint64_t token) noexcept {
    if (find(token) != nullptr) {
        const auto index = static_cast<std::uint32_t>(token);
        slots_[index].handler = nullptr;
        ++slots_[index].generation;
        free_.push_back(index);
    }
}

LoopHandler* HandlerTable::find(std::uint64_t token) const noexcept {
    const auto index = static_cast<std::uint32_t>(token);
    const bool current = index < slots_.size() &&
                         slots_[index].generation == static_cast<std::uint32_t>(token >> 32U);
    return current ? slots_[index].handler : nullptr;
}

EventLoop::State::State(const EventLoopOptions& options, sys::Poller readiness)
    : poller(std::move(readiness)),
      now(sys::now()),
      pool(options.receive_pool),
      receive_buffer(pool, receive_offer(pool)),
      receive_share_bytes(receive_share(options)),
      busy_poll(options.busy_poll) {
    posted.reserve(posts_reserved);
    running.reserve(posts_reserved);
}

void EventLoop::State::post(std::function<void()> function) {
    bool wake = false;
    {
        const sync::MutexLock lock(mutex);
        posted.push_back(std::move(function));
        // What the loop posts itself is found at the end of its turn.
        wake = !is_dispatching_here() && !std::exchange(wake_pending, true);
    }
    if (wake) {
        poller.wake();
    }
}

void EventLoop::State::signal(std::uint64_t token) {
    post([this, token] {
        if (LoopHandler* handler = handlers.find(token)) {
            handler->on_signal();
        }
    });
}

void EventLoop::State::retire(std::unique_ptr<LoopHandler> handler) {
    retired.push_back(std::move(handler));
}

bool EventLoop::State::is_owned_by_this_thread() const noexcept {
    const std::uint64_t thread = owner.load(std::memory_order_acquire);
    return thread == 0 || thread == sys::this_thread_id();
}

Result<BufferAccount> EventLoop::State::open_account() {
    return pool.open_account(receive_share_bytes);
}

void EventLoop::State::add_stream(std::uint64_t token) noexcept {
    ++streams;
    stream_tokens ^= token;
}

void EventLoop::State::remove_stream(std::uint64_t token) {
    stream_tokens ^= token;
    if (--streams == 1) {
        signal(stream_tokens);  // it may wait for its share, which binds it no longer
    }
}

void EventLoop::State::turn(SteadyTime deadline) {
    SLUICE_CHECK(!in_turn, "a turn inside a turn of the same loop");
    in_turn = true;
    std::array<sys::Readiness, events_per_turn> ready;
    const std::size_t count = wait(ready, std::min(deadline, timers.next()));
    now = sys::now();
    is_dispatching = true;
    for (std::size_t i = 0; i < count; ++i) {
        if (LoopHandler* handler = handlers.find(ready[i].token)) {
            handler->on_ready(ready[i]);
        }
    }
    timers.run_due(now);
    run_posted();
    destroy_retired();
    is_dispatching = false;
    in_turn = false;
    wake_for_posted();
}

/// What was posted too late for this turn makes the next one begin at once.
void EventLoop::State::wake_for_posted() {
    bool wake = false;
    {
        const sync::MutexLock lock(mutex);
        wake = !posted.empty() && !std::exchange(wake_pending, true);
    }
    if (wake) {
        poller.wake();
    }
}

std::size_t EventLoop::State::wait(std::span<sys::Readiness> ready, SteadyTime deadline) {
    constexpr SteadyTime at_once = SteadyTime::min();
    if (busy_poll > Duration::zero()) {
        const SteadyTime until = std::min(deadline, saturating_add(sys::now(), busy_poll));
        for (unsigned spins = 0; spins == 0 || now < until; ++spins) {
            now = sys::now();
            if (spin() || is_woken()) {
                return 0;
            }
            if (streams == 1 && spins % spins_per_poll != 0) {
                continue;
            }
            if (const std::size_t count = poller.wait(ready, at_once)) {
                return count;
            }
            sys::yield();
        }
    }
    return poller.wait(ready, deadline);
}

bool EventLoop::State::spin() {
    LoopHandler* const only = streams == 1 ? handlers.find(stream_tokens) : nullptr;
    is_dispatching = true;
    const bool is_done = only != nullptr && only->on_spin();
    is_dispatching = false;
    return is_done;
}

bool EventLoop::State::is_woken() {
    if (stop_requested.load(std::memory_order_relaxed)) {
        return true;
    }
    const sync::MutexLock lock(mutex);
    return !posted.empty();
}

/// One by one: what a handler owns may retire another.
void EventLoop::State::destroy_retired() noexcept {
    while (!retired.empty()) {
        const std::unique_ptr<LoopHandler> last = std::move(retired.back());
        retired.pop_back();
    }
}

void EventLoop::State::run_posted() {
    {
        const sync::MutexLock lock(mutex);
        running.swap(posted);
        wake_pending = false;
    }
    for (const std::function<void()>& function : running) {
        function();
    }
    running.clear();
}

Result<void> validate(const EventLoopOptions& options) {
    if (Result<void> valid = sluice::validate(options.receive_pool); !valid) {
        return valid;
    }
    if (options.receive_share_b != 0 &&
        (options.receive_share_b < options.receive_pool.slab_size_b ||
         options.receive_share_b > options.receive_pool.size_b)) {
        return Error(Errc::invalid_argument,
                     "receive_share_b " + std::to_string(options.receive_share_b) +
                         "; allowed are 0 (a quarter of the pool) and from one slab (" +
                         std::to_string(options.receive_pool.slab_size_b) + ") to the pool (" +
                         std::to_string(options.receive_pool.size_b) + ")");
    }
    return {};
}

EventLoop::EventLoop(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}

EventLoop::~EventLoop() {
    SLUICE_CHECK(state_->handlers.empty() && state_->timers.empty(),
                 "an event loop must outlive its links, streams, listeners and timers");
}

Result<std::unique_ptr<EventLoop>> EventLoop::create(const EventLoopOptions& options) {
    if (Result<void> valid = validate(options); !valid) {
        return valid.error();
    }
    Result<sys::Poller> poller = sys::Poller::create();
    if (!poller) {
        return poller.error();
    }
    auto state = std::make_unique<State>(options, *std::move(poller));
    return std::unique_ptr<EventLoop>(new EventLoop(std::move(state)));
}

void EventLoop::run() {
    const std::uint64_t thread = sys::this_thread_id();
    state_->owner.store(thread, std::memory_order_release);
    state_->current.store(thread, std::memory_order_relaxed);
    while (!state_->stop_requested.exchange(false, std::memory_order_acquire)) {
        state_->turn(never);
    }
    state_->current.store(0, std::memory_order_relaxed);
    state_->owner.store(0, std::memory_order_release);
}

void EventLoop::turn(SteadyTime deadline) {
    const std::uint64_t thread = sys::this_thread_id();
    state_->owner.store(thread, std::memory_order_release);
    state_->current.store(thread, std::memory_order_relaxed);
    state_->turn(deadline);
    state_->current.store(0, std::memory_order_relaxed);
}

void EventLoop::request_stop() noexcept {
    state_->stop_requested.store(true, std::memory_order_release);
    state_->poller.wake();
}

void EventLoop::post(std::function<void()> function) {
    state_->post(std::move(function));
}

bool EventLoop::is_current_thread() const noexcept {
    return state_->current.load(std::memory_order_relaxed) == sys::this_thread_id();
}

SteadyTime EventLoop::now() const noexcept {
    return state_->now;
}

SteadyTime EventLoop::next_deadline() const noexcept {
    return state_->timers.next();
}

int EventLoop::descriptor() const noexcept {
    return state_->poller.descriptor();
}

BufferPool& EventLoop::receive_pool() noexcept {
    return state_->pool;
}

}  // namespace sluice::net
