/// What a bounded queue does when it is full: the policies, and what a policy of your own needs.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "sluice/core/result.hpp"
#include "sluice/sync/ring.hpp"

namespace sluice::sync {

/// Both bounds hold. The memory for `items` is allocated when the queue is made.
struct QueueLimits {
    /// Items that may be queued, at least 1.
    std::size_t items = 1024;
    /// What they may weigh together, at least 1, in the unit of the queue's Weight (say, bytes). An
    /// item of exactly this weight fits. The default leaves the bound to `items`.
    std::size_t weight = std::numeric_limits<std::size_t>::max();
};

/// Fails with `invalid_argument`; the detail says what was given and what is allowed.
[[nodiscard]] Result<void> validate(const QueueLimits& limits);

/// The weight of items that all weigh 1. A Weight is a function object: const T& to std::size_t. It
/// is called under the queue's lock, maybe several times while an item is pushed; what it answers
/// when the item enters counts until the item leaves.
struct CountItems {
    template <typename T>
    std::size_t operator()(const T&) const noexcept {
        return 1;
    }
};

namespace detail {

template <typename T>
struct QueueSlot {
    T item;
    std::size_t weight;
    std::uint64_t dropped_before;
};

}  // namespace detail

/// What a policy sees of the queue: the items, the oldest at index 0, and whether one more fits.
template <typename T>
class QueueView {
  public:
    QueueView(const Ring<detail::QueueSlot<T>>& slots, bool has_room) noexcept
        : slots_(slots), has_room_(has_room) {}

    [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }
    [[nodiscard]] bool empty() const noexcept { return slots_.empty(); }
    /// REQUIRES: index < size().
    [[nodiscard]] const T& operator[](std::size_t index) const noexcept {
        return slots_[index].item;
    }
    /// Whether the arriving item fits beside what is queued, by number and by weight.
    [[nodiscard]] bool has_room() const noexcept { return has_room_; }

  private:
    const Ring<detail::QueueSlot<T>>& slots_;
    bool has_room_;
};

/// A policy's answer.
class Verdict {
  public:
    enum class Action : std::uint8_t { enter, wait, drop_arriving, drop_queued };

    /// The arriving item is queued. Only while there is room.
    [[nodiscard]] static Verdict enter() noexcept { return {Action::enter, 0}; }
    /// It does not enter now: `try_push` says `would_block`, `push` waits.
    [[nodiscard]] static Verdict wait() noexcept { return {Action::wait, 0}; }
    /// It is accepted, dropped and counted.
    [[nodiscard]] static Verdict drop_arriving() noexcept { return {Action::drop_arriving, 0}; }
    /// A queued item is dropped and counted, and the policy is asked again. Costs one move for each
    /// item before it. REQUIRES: index < size() of the view.
    [[nodiscard]] static Verdict drop_queued(std::size_t index) noexcept {
        return {Action::drop_queued, index};
    }

    [[nodiscard]] Action action() const noexcept { return action_; }
    [[nodiscard]] std::size_t index() const noexcept { return index_; }

  private:
    Verdict(Action action, std::size_t index) noexcept : action_(action), index_(index) {}

    Action action_;
    std::size_t index_;
};

/// A policy is a function object: from what is queued and what arrives to a Verdict. It is asked at
/// every push, full or not, until its answer is other than `drop_queued`. It may have state: it is
/// called under the queue's lock, so it must be short and must not use the queue.
template <typename Policy, typename T>
concept OverflowPolicy = requires(Policy& policy, const QueueView<T>& queued, const T& arriving) {
    { policy(queued, arriving) } -> std::same_as<Verdict>;
};

/// Loses nothing: a pusher waits for room, or is told that there is none.
struct WaitForRoom {
    template <typename T>
    Verdict operator()(const QueueView<T>& queued, const T&) const noexcept {
        return queued.has_room() ? Verdict::enter() : Verdict::wait();
    }
};

/// Keeps what came last: the oldest items give way. Pushing never waits.
struct DropOldest {
    template <typename T>
    Verdict operator()(const QueueView<T>& queued, const T&) const noexcept {
        return queued.has_room() ? Verdict::enter() : Verdict::drop_queued(0);
    }
};

/// Keeps what came first: what finds no room is dropped. Pushing never waits.
struct DropNewest {
    template <typename T>
    Verdict operator()(const QueueView<T>& queued, const T&) const noexcept {
        return queued.has_room() ? Verdict::enter() : Verdict::drop_arriving();
    }
};

/// Holds one item at most, the latest: each push replaces what was not yet popped.
struct KeepLatest {
    template <typename T>
    Verdict operator()(const QueueView<T>& queued, const T&) const noexcept {
        return queued.empty() ? Verdict::enter() : Verdict::drop_queued(0);
    }
};

}  // namespace sluice::sync
