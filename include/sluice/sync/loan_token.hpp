/// The right to use something, which belongs to one thread and is lent to others while it is idle.
#pragma once

#include <atomic>
#include <cstdint>

#include "sluice/core/check.hpp"
#include "sluice/sync/parker.hpp"

namespace sluice::sync {

/// At most one thread holds it. The owner never waits for a borrower, unless it says so: it asks,
/// goes on with other work, and is told when the token is back.
///
///     a borrower                                       the owner
///     if (token.try_borrow()) {                        if (!token.take_or_ask()) {
///         use it, shortly;                                 return;  // woken when it is back
///         if (token.give_back()) {                     }
///             wake the owner;                          use it;
///         }                                            token.release();
///     }
///
/// What one holder did is visible to the next.
class LoanToken {
  public:
    LoanToken() = default;
    LoanToken(const LoanToken&) = delete;
    LoanToken& operator=(const LoanToken&) = delete;

    // Any thread.

    /// False if somebody holds it. Follow with `give_back`.
    [[nodiscard]] bool try_borrow() noexcept {
        std::uint8_t seen = 0;
        return state_.compare_exchange_strong(seen, held, std::memory_order_acquire,
                                              std::memory_order_relaxed);
    }
    /// True if the owner asked for it meanwhile: it must be woken. REQUIRES: it was borrowed.
    [[nodiscard]] bool give_back() noexcept {
        const bool is_asked = state_.exchange(0, std::memory_order_acq_rel) == (held | asked);
        if (is_asked) {
            returned_.unpark_all();
        }
        return is_asked;
    }

    // The owner's thread. It may take again what it holds; each time is released once.

    /// False if somebody has borrowed it, whose `give_back` will return true.
    [[nodiscard]] bool take_or_ask() noexcept {
        if (depth_ == 0 && !take_first()) {
            return false;
        }
        ++depth_;
        return true;
    }
    /// Waits for the borrower.
    void take() noexcept {
        while (true) {
            const Parker::Ticket ticket = returned_.prepare();
            if (take_or_ask()) {
                returned_.cancel();
                return;
            }
            returned_.park(ticket);
        }
    }
    /// REQUIRES: it was taken.
    void release() noexcept {
        SLUICE_CHECK(depth_ > 0, "release() of a token that was not taken");
        if (--depth_ == 0) {
            state_.store(0, std::memory_order_release);
        }
    }

  private:
    static constexpr std::uint8_t held = 1;
    static constexpr std::uint8_t asked = 2;

    bool take_first() noexcept {
        std::uint8_t seen = state_.load(std::memory_order_relaxed);
        while (true) {
            const bool is_free = (seen & held) == 0;
            const std::uint8_t wished = is_free ? held : held | asked;
            if (state_.compare_exchange_weak(seen, wished, std::memory_order_acq_rel,
                                             std::memory_order_relaxed)) {
                return is_free;
            }
        }
    }

    std::atomic<std::uint8_t> state_{0};
    int depth_ = 0;  // the owner's
    Parker returned_;
};

}  // namespace sluice::sync
