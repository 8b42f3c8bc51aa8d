/// The bodies of BoundedQueue; include bounded_queue.hpp.
#pragma once

#include "sluice/sync/bounded_queue.hpp"

namespace sluice::sync {

template <typename T, typename Overflow, typename Weight>
Result<std::size_t> BoundedQueue<T, Overflow, Weight>::try_push_batch(std::span<T> items) {
    std::size_t accepted = 0;
    std::optional<Errc> refused;
    while (!refused && accepted < items.size()) {
        Graveyard graveyard;
        bool stopped_being_empty = false;
        {
            MutexLock lock(mutex_);
            const bool was_empty = slots_.empty();
            refused = admit(items, accepted, graveyard);
            stopped_being_empty = was_empty && !slots_.empty();
        }
        if (stopped_being_empty) {
            announce_arrival();
        }
        if (!graveyard.empty()) {
            departures_.unpark_all();
        }
    }
    if (refused && accepted == 0) {
        return Error(*refused);
    }
    return accepted;
}

template <typename T, typename Overflow, typename Weight>
Result<std::size_t> BoundedQueue<T, Overflow, Weight>::push_batch(std::span<T> items,
                                                                  SteadyTime deadline) {
    std::size_t accepted = 0;
    while (accepted < items.size()) {
        const Result<std::size_t> more = wait_while_blocked(
            departures_, deadline, [&] { return try_push_batch(items.subspan(accepted)); });
        if (!more && accepted == 0) {
            return more.error();
        }
        if (!more) {
            break;
        }
        accepted += *more;
    }
    return accepted;
}

template <typename T, typename Overflow, typename Weight>
Result<Popped<T>> BoundedQueue<T, Overflow, Weight>::try_pop() {
    std::optional<Popped<T>> popped;
    {
        MutexLock lock(mutex_);
        if (slots_.empty()) {
            return Error(closed_ ? Errc::closed : Errc::would_block);
        }
        popped.emplace(take_oldest());
    }
    departures_.unpark_all();
    return std::move(*popped);
}

template <typename T, typename Overflow, typename Weight>
Result<void> BoundedQueue<T, Overflow, Weight>::try_pop_batch(PoppedBatch<T>& batch) {
    batch.items_.clear();
    batch.dropped_ = 0;
    {
        MutexLock lock(mutex_);
        if (slots_.empty()) {
            return Error(closed_ ? Errc::closed : Errc::would_block);
        }
        batch.dropped_ = slots_[0].dropped_before;
        do {
            batch.items_.push_back(take_oldest().item);
        } while (batch.size() < batch.items_max_ && !slots_.empty() &&
                 slots_[0].dropped_before == 0);
    }
    departures_.unpark_all();
    return {};
}

template <typename T, typename Overflow, typename Weight>
void BoundedQueue<T, Overflow, Weight>::close() {
    {
        MutexLock lock(mutex_);
        closed_ = true;
    }
    departures_.unpark_all();
    announce_arrival();
}

template <typename T, typename Overflow, typename Weight>
std::optional<Errc> BoundedQueue<T, Overflow, Weight>::admit(std::span<T> items,
                                                             std::size_t& accepted,
                                                             Graveyard& graveyard) {
    if (closed_) {
        return Errc::closed;
    }
    while (accepted < items.size() && !graveyard.full()) {
        T& item = items[accepted];
        const std::size_t weight = weight_of_(std::as_const(item));
        if (weight > limits_.weight) {
            return Errc::too_large;
        }
        const bool has_room = !slots_.full() && weight <= limits_.weight - ledger_.weight;
        const Verdict verdict = overflow_(QueueView<T>(slots_, has_room), std::as_const(item));
        switch (verdict.action()) {
            case Action::enter:
                SLUICE_CHECK(has_room, "an overflow policy says `enter` only while there is room");
                enter(std::move(item), weight);
                ++accepted;
                break;
            case Action::wait:
                return Errc::would_block;
            case Action::drop_arriving:
                drop_arriving(std::move(item), graveyard);
                ++accepted;
                break;
            case Action::drop_queued:
                drop_queued(verdict.index(), graveyard);
                break;
        }
    }
    return std::nullopt;
}

template <typename T, typename Overflow, typename Weight>
void BoundedQueue<T, Overflow, Weight>::enter(T&& item, std::size_t weight) {
    slots_.push_back(Slot{std::move(item), weight, std::exchange(dropped_last_, 0)});
    ++ledger_.pushed;
    ledger_.weight += weight;
    ledger_.depth_max = std::max(ledger_.depth_max, slots_.size());
}

template <typename T, typename Overflow, typename Weight>
void BoundedQueue<T, Overflow, Weight>::drop_arriving(T&& item, Graveyard& graveyard) {
    graveyard.bury(std::move(item));
    ++ledger_.pushed;
    ++ledger_.dropped;
    ++dropped_last_;
}

template <typename T, typename Overflow, typename Weight>
void BoundedQueue<T, Overflow, Weight>::drop_queued(std::size_t index, Graveyard& graveyard) {
    SLUICE_CHECK(index < slots_.size(), "an overflow policy drops an item that is queued");
    Slot slot = slots_.take(index);
    std::uint64_t& next_gap = index < slots_.size() ? slots_[index].dropped_before : dropped_last_;
    next_gap += slot.dropped_before + 1;
    graveyard.bury(std::move(slot.item));
    ++ledger_.dropped;
    ledger_.weight -= slot.weight;
}

template <typename T, typename Overflow, typename Weight>
Popped<T> BoundedQueue<T, Overflow, Weight>::take_oldest() {
    Slot slot = slots_.take();
    ++ledger_.popped;
    ledger_.weight -= slot.weight;
    return {std::move(slot.item), slot.dropped_before};
}

template <typename T, typename Overflow, typename Weight>
template <typename Attempt>
auto BoundedQueue<T, Overflow, Weight>::wait_while_blocked(Parker& parker, SteadyTime deadline,
                                                           Attempt attempt) -> decltype(attempt()) {
    const auto blocked = [](const auto& outcome) {
        return !outcome && outcome.error().code() == Errc::would_block;
    };
    auto outcome = attempt();
    while (blocked(outcome)) {
        const Parker::Ticket ticket = parker.prepare();
        outcome = attempt();
        if (!blocked(outcome)) {
            parker.cancel();
        } else if (!parker.park(ticket, deadline)) {
            return Error(Errc::timed_out);
        }
    }
    return outcome;
}

}  // namespace sluice::sync
