#include "messaging/inbox.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sluice/sys/clock.hpp"
#include "sluice/sys/thread.hpp"

namespace sluice::messaging {
namespace {

/// A batch is what one receive completed: 4,096 of them wait rarely.
constexpr std::size_t batches_max = 4096;

}  // namespace

Inbox::Inbox(std::size_t bytes_max, Duration busy_poll, std::function<void()> on_room)
    : bytes_max_(bytes_max),
      busy_poll_(busy_poll),
      on_room_(std::move(on_room)),
      queue_(
          {.items = batches_max, .weight = bytes_max},
          [this] {
              if (has_pollable_.load(std::memory_order_acquire)) {
                  const sync::MutexLock lock(mutex_);
                  pollable_->wake();
              }
          },
          {}, Weight{bytes_max}) {}

bool Inbox::push(Arrival& arrival) {
    if (queue_.try_push_batch(std::span(&arrival, 1))) {
        return true;
    }
    const bool was_refusing = is_refusing_.exchange(true);
    // Room that came meanwhile was told to nobody.
    if (queue_.try_push_batch(std::span(&arrival, 1))) {
        if (!was_refusing) {  // else another connection was refused, and waits
            is_refusing_.store(false);
        }
        return true;
    }
    return false;
}

Result<sync::Popped<Arrival>> Inbox::pop(SteadyTime deadline) {
    Result<sync::Popped<Arrival>> popped = queue_.try_pop();
    if (popped || popped.error().code() != Errc::would_block || deadline == SteadyTime::min()) {
        return popped;
    }
    if (busy_poll_ > Duration::zero()) {
        const SteadyTime until = std::min(deadline, saturating_add(sys::now(), busy_poll_));
        do {
            sys::yield();
            popped = queue_.try_pop();
        } while (!popped && popped.error().code() == Errc::would_block && sys::now() < until);
        if (popped) {
            return popped;
        }
    }
    return queue_.pop(deadline);
}

Result<void> Inbox::open_next(SteadyTime deadline) {
    cursor_.close();
    Result<sync::Popped<Arrival>> popped = pop(deadline);
    if (!popped) {
        if (popped.error().code() == Errc::would_block) {
            settle_descriptor();
            popped = queue_.try_pop();
        }
        if (!popped) {
            return popped.error();
        }
    }
    cursor_.open(std::move(popped->item.batch), popped->item.peer);
    if (is_refusing_.load() && is_half_free() && is_refusing_.exchange(false)) {
        on_room_();
    }
    return {};
}

bool Inbox::is_half_free() const {
    const sync::QueueStatistics waiting = queue_.statistics();
    return waiting.weight <= bytes_max_ / 2 && waiting.depth <= batches_max / 2;
}

Result<Message> Inbox::receive(SteadyTime deadline) {
    if (Result<void> opened = open_next(deadline); !opened) {
        return opened.error();
    }
    return cursor_.take(*cursor_.next());
}

Result<std::size_t> Inbox::receive_batch(std::span<Message> messages, SteadyTime deadline) {
    std::size_t received = 0;
    while (received < messages.size()) {
        if (const Frame* const frame = cursor_.next()) {
            messages[received++] = cursor_.take(*frame);
            continue;
        }
        if (Result<void> opened = open_next(received == 0 ? deadline : SteadyTime::min());
            !opened) {
            if (received > 0) {
                break;
            }
            return opened.error();
        }
    }
    return received;
}

Result<int> Inbox::descriptor() {
    const sync::MutexLock lock(mutex_);
    if (!pollable_) {
        Result<sys::Poller> created = sys::Poller::create();
        if (!created) {
            return created.error();
        }
        pollable_ = std::make_unique<sys::Poller>(*std::move(created));
        pollable_->wake();  // what waits already is found by the first look
        has_pollable_.store(true, std::memory_order_release);
    }
    return pollable_->descriptor();
}

/// Nothing waits: the descriptor is not readable until the next push. What is pushed meanwhile is
/// found by the look that follows.
void Inbox::settle_descriptor() {
    if (has_pollable_.load(std::memory_order_acquire)) {
        const sync::MutexLock lock(mutex_);
        std::array<sys::Readiness, 1> ready;
        static_cast<void>(pollable_->wait(ready, SteadyTime::min()));
    }
}

void Inbox::close() {
    queue_.close();
}

}  // namespace sluice::messaging
