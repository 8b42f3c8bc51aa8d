#include "net/timer_queue.hpp"

#include <algorithm>
#include <tuple>

#include "net/event_loop_state.hpp"

namespace sluice::net {

void Timer::arm(SteadyTime when) {
    loop_.state().timers.arm(*this, when);
}

void Timer::disarm() noexcept {
    if (is_armed()) {
        loop_.state().timers.disarm(*this);
    }
}

void TimerQueue::arm(Timer& timer, SteadyTime when) {
    if (!timer.is_armed()) {
        heap_.push_back(&timer);
        timer.position_ = heap_.size() - 1;
    }
    timer.when_ = std::max(when, running_);
    timer.order_ = ++armings_;
    sift_up(timer.position_);
    sift_down(timer.position_);
}

void TimerQueue::disarm(Timer& timer) noexcept {
    const std::size_t hole = timer.position_;
    Timer& last = *heap_.back();
    heap_.pop_back();
    timer.position_ = Timer::unarmed;
    if (&last != &timer) {
        place(last, hole);
        sift_up(hole);
        sift_down(last.position_);
    }
}

SteadyTime TimerQueue::next() const noexcept {
    return heap_.empty() ? never : heap_.front()->when_;
}

void TimerQueue::run_due(SteadyTime now) {
    const std::uint64_t armed_before = armings_;
    running_ = now;
    while (next() <= now && heap_.front()->order_ <= armed_before) {
        Timer& timer = *heap_.front();
        disarm(timer);
        // A copy, because the callback may destroy the timer.
        const std::function<void()> callback = timer.callback_;
        callback();
    }
    running_ = SteadyTime::min();
}

bool TimerQueue::is_before(const Timer& one, const Timer& other) noexcept {
    return std::tie(one.when_, one.order_) < std::tie(other.when_, other.order_);
}

void TimerQueue::place(Timer& timer, std::size_t position) noexcept {
    heap_[position] = &timer;
    timer.position_ = position;
}

void TimerQueue::sift_up(std::size_t position) noexcept {
    Timer& timer = *heap_[position];
    while (position > 0) {
        const std::size_t parent = (position - 1) / 2;
        if (!is_before(timer, *heap_[parent])) {
            break;
        }
        place(*heap_[parent], position);
        position = parent;
    }
    place(timer, position);
}

void TimerQueue::sift_down(std::size_t position) noexcept {
    Timer& timer = *heap_[position];
    while (true) {
        std::size_t child = 2 * position + 1;
        if (child >= heap_.size()) {
            break;
        }
        if (child + 1 < heap_.size() && is_before(*heap_[child + 1], *heap_[child])) {
            ++child;
        }
        if (!is_before(*heap_[child], timer)) {
            break;
        }
        place(*heap_[child], position);
        position = child;
    }
    place(timer, position);
}

}  // namespace sluice::net
