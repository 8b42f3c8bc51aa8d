/// The armed timers of one event loop: a binary heap by time that knows where each timer stands.
#pragma once

#include <cstddef>
#include <vector>

#include "sluice/core/time.hpp"
#include "sluice/net/timer.hpp"

namespace sluice::net {

class TimerQueue final {
  public:
    /// Adds or moves it.
    void arm(Timer& timer, SteadyTime when);
    void disarm(Timer& timer) noexcept;

    [[nodiscard]] SteadyTime next() const noexcept;
    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }

    /// Calls back every timer that is due, at most as many as were armed before: one that arms
    /// itself again for the past waits for the next turn.
    void run_due(SteadyTime now);

  private:
    void place(Timer& timer, std::size_t position) noexcept;
    void sift_up(std::size_t position) noexcept;
    void sift_down(std::size_t position) noexcept;

    std::vector<Timer*> heap_;
};

}  // namespace sluice::net
