/// The armed timers of one event loop: a binary heap by time that knows where each timer stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sluice/core/time.hpp"
#include "sluice/net/timer.hpp"

namespace sluice::net {

class TimerQueue final {
  public:
    /// Adds or moves it. While timers run a moment that is over counts as the present one.
    void arm(Timer& timer, SteadyTime when);
    void disarm(Timer& timer) noexcept;

    [[nodiscard]] SteadyTime next() const noexcept;
    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }

    /// Calls back every timer that is due and was armed before: one that a callback arms for the
    /// past waits for the next turn.
    void run_due(SteadyTime now);

  private:
    [[nodiscard]] static bool is_before(const Timer& one, const Timer& other) noexcept;
    void place(Timer& timer, std::size_t position) noexcept;
    void sift_up(std::size_t position) noexcept;
    void sift_down(std::size_t position) noexcept;

    std::vector<Timer*> heap_;
    std::uint64_t armings_ = 0;
    SteadyTime running_ = SteadyTime::min();  // the moment up to which timers run just now
};

}  // namespace sluice::net
