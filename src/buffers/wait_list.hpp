/// Who waits for the same thing.
#pragma once

#include "sluice/buffers/buffer_account.hpp"

namespace sluice::detail {

/// Waiters in the order of their arrival, linked through themselves. Every function is called with
/// the pool's lock held.
class WaitList {
  public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    /// REQUIRES: `waiter` waits nowhere.
    void push_back(MemoryWaiter& waiter) noexcept;
    /// Takes `waiter` out of the list in which it waits, if it waits.
    static void remove(WaitNode& waiter) noexcept;
    /// Empties the list, calling each waiter once.
    void wake_all() noexcept;

  private:
    WaitNode* first_ = nullptr;
    WaitNode* last_ = nullptr;
};

}  // namespace sluice::detail
