/// Sleeping until a condition may have changed, without losing a wake-up (an event count).
#pragma once

#include <atomic>
#include <cstdint>

#include "sluice/core/time.hpp"

namespace sluice::sync {

/// Where threads sleep until another says that something changed:
///
///     waiting                                      changing
///     const Parker::Ticket ticket = parker.prepare();
///     if (condition()) { parker.cancel(); return; }    make the condition true;
///     parker.park(ticket, deadline);                   parker.unpark_all();
///
/// A change between `prepare` and `park` makes `park` return at once. `unpark_all` costs one
/// atomic operation while nobody sleeps. All functions: any thread.
class Parker {
  public:
    using Ticket = std::uint32_t;

    Parker() = default;
    Parker(const Parker&) = delete;
    Parker& operator=(const Parker&) = delete;

    /// Announces that this thread will sleep. Follow with exactly one `park` or `cancel`.
    [[nodiscard]] Ticket prepare() noexcept;
    void cancel() noexcept;
    /// Sleeps until `unpark_all` was called after `prepare`, or until the deadline; false if the
    /// deadline was it.
    bool park(Ticket ticket, SteadyTime deadline = never) noexcept;

    /// Wakes every thread that has prepared or parked.
    void unpark_all() noexcept;

  private:
    std::atomic<std::uint32_t> epoch_{0};
    std::atomic<std::uint32_t> sleepers_{0};
};

}  // namespace sluice::sync
