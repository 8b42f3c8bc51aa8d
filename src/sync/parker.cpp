#include "sluice/sync/parker.hpp"

#include "sluice/sys/futex.hpp"

namespace sluice::sync {

// Why no wake-up is lost. Both `prepare` and `unpark_all` are a read-modify-write of `sleepers_`,
// and all of those on one atomic have one order, in which each synchronises with the next:
//  - `unpark_all` before `prepare`: what the changing thread did is visible to the waiting one,
//    which finds its condition true and cancels.
//  - `prepare` before `unpark_all`: the latter sees a sleeper and advances `epoch_`. If the ticket
//    is of before, `park` finds another epoch, or is asleep in the kernel, which compares the word
//    and queues the thread as one step, and is woken. If the ticket is of after, reading it
//    synchronised with the advance, and again the condition is seen to be true.
// That needs no fence, which ThreadSanitizer would not model. A ticket would be mistaken only after
// exactly 2^32 wake-ups between its `prepare` and its `park`.

Parker::Ticket Parker::prepare() noexcept {
    sleepers_.fetch_add(1, std::memory_order_acq_rel);
    return epoch_.load(std::memory_order_acquire);
}

void Parker::cancel() noexcept {
    sleepers_.fetch_sub(1, std::memory_order_acq_rel);
}

bool Parker::park(Ticket ticket, SteadyTime deadline) noexcept {
    bool in_time = true;
    while (in_time && epoch_.load(std::memory_order_acquire) == ticket) {
        in_time = sys::futex_wait(epoch_, ticket, deadline);
    }
    sleepers_.fetch_sub(1, std::memory_order_acq_rel);
    return in_time || epoch_.load(std::memory_order_acquire) != ticket;
}

void Parker::unpark_all() noexcept {
    // Adding 0 reads with the place in the order that a load would not have.
    if (sleepers_.fetch_add(0, std::memory_order_acq_rel) == 0) {
        return;
    }
    epoch_.fetch_add(1, std::memory_order_acq_rel);
    sys::futex_wake_all(epoch_);
}

}  // namespace sluice::sync
