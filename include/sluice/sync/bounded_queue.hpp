/// A bounded queue between threads, with a policy when it is full and a ledger of every item.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "sluice/core/check.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/sync/mutex.hpp"
#include "sluice/sync/overflow.hpp"
#include "sluice/sync/parker.hpp"
#include "sluice/sync/ring.hpp"
#include "sluice/sys/clock.hpp"

namespace sluice::sync {

/// Always true, at every look: pushed = popped + dropped + depth.
struct QueueStatistics {
    std::uint64_t pushed = 0;   ///< Accepted from pushers, also if dropped at once.
    std::uint64_t popped = 0;   ///< Given to poppers.
    std::uint64_t dropped = 0;  ///< Lost to the policy.
    std::size_t depth = 0;      ///< Items queued now; measured, not computed from the others.
    std::size_t depth_max = 0;  ///< The highest depth so far.
    std::size_t weight = 0;     ///< What the queued items weigh now.
};

/// One item, and how many were dropped between the one before it and itself.
template <typename T>
struct Popped {
    T item;
    std::uint64_t dropped = 0;
};

/// Items that were popped together; between them nothing was dropped. Its memory is allocated once:
/// keep it for the next pop.
template <typename T>
class PoppedBatch final {
  public:
    /// A pop takes at most `items_max` (at least 1).
    explicit PoppedBatch(std::size_t items_max) : items_max_(items_max) {
        SLUICE_CHECK(items_max > 0, "a PoppedBatch has room for an item");
        items_.reserve(items_max);
    }

    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    [[nodiscard]] T& operator[](std::size_t index) noexcept { return items_[index]; }
    [[nodiscard]] auto begin() noexcept { return items_.begin(); }
    [[nodiscard]] auto end() noexcept { return items_.end(); }
    /// How many items were dropped just before the first of these.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
    /// Destroys the items now; the next pop would.
    void clear() noexcept { items_.clear(); }

  private:
    template <typename, typename, typename>
    friend class BoundedQueue;

    std::vector<T> items_;
    std::size_t items_max_;
    std::uint64_t dropped_ = 0;
};

/// First in, first out, between any number of pushing and popping threads:
///
///     BoundedQueue<Message, DropOldest> queue({.items = 64});
///     queue.push(std::move(message));                                    // one thread
///     while (Result<Popped<Message>> next = queue.pop()) use(next->item);   // another
///
/// `Overflow` decides about items that find no room (overflow.hpp); `Weight` says what an item
/// counts against QueueLimits::weight. Items of one pusher keep their order.
///
/// All functions: any thread. One lock for a few moves, no allocation after construction (but what
/// T itself does). Dropped items, and those of a reused PoppedBatch, are destroyed outside the
/// lock. Pushers that wait are not served in turn: a heavy item may be overtaken by lighter ones.
/// Only functions with a deadline or a timeout wait, and they look at it when they would sleep.
template <typename T, typename Overflow = WaitForRoom, typename Weight = CountItems>
class BoundedQueue final {
    static_assert(std::is_nothrow_move_constructible_v<T>, "items move in and out under a lock");
    static_assert(OverflowPolicy<Overflow, T>,
                  "Overflow: (const QueueView<T>&, const T&) -> Verdict");
    static_assert(std::is_invocable_r_v<std::size_t, Weight&, const T&>,
                  "Weight: const T& -> size_t");

  public:
    /// `on_ready`, if given, is called on the pushing thread, outside the lock, when the queue
    /// stops being empty, and by `close`: an event loop wakes itself with it, then pops until
    /// `would_block`. REQUIRES: validate(limits).
    explicit BoundedQueue(const QueueLimits& limits, std::function<void()> on_ready = {},
                          Overflow overflow = {}, Weight weight = {})
        : limits_(limits),
          on_ready_(std::move(on_ready)),
          overflow_(std::move(overflow)),
          weight_of_(std::move(weight)),
          slots_(limits.items) {
        SLUICE_CHECK(validate(limits), "a BoundedQueue's limits are valid");
    }
    BoundedQueue(const BoundedQueue&) = delete;
    BoundedQueue& operator=(const BoundedQueue&) = delete;

    /// Hands an item to the queue; it is moved from on success only. Success with a lossy policy
    /// may mean that it was dropped. Errors: `would_block` (the policy says to wait), `too_large`
    /// (heavier than the whole bound), `closed`.
    Result<void> try_push(T&& item) { return done(try_push_batch(std::span<T>(&item, 1))); }

    /// As try_push, but waits for room: `timed_out` at the deadline.
    Result<void> push(T&& item, SteadyTime deadline = never) {
        return done(push_batch(std::span<T>(&item, 1), deadline));
    }
    Result<void> push_for(T&& item, Duration timeout) {
        return push(std::move(item), saturating_add(sys::now(), timeout));
    }

    /// Pushes from the front of `items` until one cannot be, and says how many were accepted; as
    /// write(2), fails only when the first could not, with that one's error. Takes the lock once,
    /// and again after every few drops, to destroy them outside it.
    Result<std::size_t> try_push_batch(std::span<T> items);

    /// As try_push_batch, but waits for room until all are accepted. At the deadline, or when one
    /// cannot be pushed at all, returns how many were; fails as `push` if none.
    Result<std::size_t> push_batch(std::span<T> items, SteadyTime deadline = never);

    /// The oldest item. Errors: `would_block` (empty), `closed` (closed and empty).
    Result<Popped<T>> try_pop();

    /// As try_pop, but waits for an item: `timed_out` at the deadline.
    Result<Popped<T>> pop(SteadyTime deadline = never) {
        return wait_while_blocked(arrivals_, deadline, [this] { return try_pop(); });
    }
    Result<Popped<T>> pop_for(Duration timeout) { return pop(saturating_add(sys::now(), timeout)); }

    /// Replaces what `batch` holds by all that is queued, in one lock: as many items as the batch
    /// has room for, up to the next gap that drops left. Errors: as of try_pop; the batch is then
    /// empty.
    Result<void> try_pop_batch(PoppedBatch<T>& batch);

    /// As try_pop_batch, but waits for the first item: `timed_out` at the deadline.
    Result<void> pop_batch(PoppedBatch<T>& batch, SteadyTime deadline = never) {
        return wait_while_blocked(arrivals_, deadline, [&] { return try_pop_batch(batch); });
    }
    Result<void> pop_batch_for(PoppedBatch<T>& batch, Duration timeout) {
        return pop_batch(batch, saturating_add(sys::now(), timeout));
    }

    /// Pushes fail from now on, waiting ones too; pops take what is left, then fail. For ever.
    void close();

    [[nodiscard]] QueueStatistics statistics() const {
        MutexLock lock(mutex_);
        QueueStatistics now = ledger_;
        now.depth = slots_.size();
        return now;
    }
    [[nodiscard]] const QueueLimits& limits() const noexcept { return limits_; }

  private:
    using Slot = detail::QueueSlot<T>;
    using Action = Verdict::Action;

    /// Dropped items on their way out of the lock, where their destructors may take their time.
    class Graveyard {
      public:
        [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
        [[nodiscard]] bool full() const noexcept { return size_ == items_.size(); }
        void bury(T&& item) noexcept { items_[size_++].emplace(std::move(item)); }

      private:
        static constexpr std::size_t bytes_on_stack = 512;
        std::array<std::optional<T>, std::clamp<std::size_t>(bytes_on_stack / sizeof(T), 1, 8)>
            items_;
        std::size_t size_ = 0;
    };

    /// Pushes from `items` until one is refused (then returns its error's code) or the graveyard is
    /// full; `accepted` counts.
    std::optional<Errc> admit(std::span<T> items, std::size_t& accepted, Graveyard& graveyard)
        SLUICE_REQUIRES(mutex_);
    void enter(T&& item, std::size_t weight) SLUICE_REQUIRES(mutex_);
    void drop_arriving(T&& item, Graveyard& graveyard) SLUICE_REQUIRES(mutex_);
    void drop_queued(std::size_t index, Graveyard& graveyard) SLUICE_REQUIRES(mutex_);
    Popped<T> take_oldest() SLUICE_REQUIRES(mutex_);

    /// Calls `attempt` until its answer is not `would_block`, asleep in `parker` between;
    /// `timed_out` at the deadline.
    template <typename Attempt>
    static auto wait_while_blocked(Parker& parker, SteadyTime deadline, Attempt attempt)
        -> decltype(attempt());

    static Result<void> done(const Result<std::size_t>& pushed) {
        return pushed ? Result<void>() : pushed.error();
    }

    void announce_arrival() {
        arrivals_.unpark_all();
        if (on_ready_) {
            on_ready_();
        }
    }

    const QueueLimits limits_;
    const std::function<void()> on_ready_;
    mutable Mutex mutex_;
    Overflow overflow_ SLUICE_GUARDED_BY(mutex_);
    Weight weight_of_ SLUICE_GUARDED_BY(mutex_);
    Ring<Slot> slots_ SLUICE_GUARDED_BY(mutex_);
    QueueStatistics ledger_ SLUICE_GUARDED_BY(mutex_);
    /// Dropped after the newest queued item: the next one to enter carries them.
    std::uint64_t dropped_last_ SLUICE_GUARDED_BY(mutex_) = 0;
    bool closed_ SLUICE_GUARDED_BY(mutex_) = false;
    Parker arrivals_;    ///< Poppers, while the queue is empty.
    Parker departures_;  ///< Pushers, while it lacks room.
};

}  // namespace sluice::sync

#include "sluice/sync/bounded_queue_impl.hpp"
