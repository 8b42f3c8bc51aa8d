/// A moment at which an event loop calls back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "sluice/core/time.hpp"

namespace sluice::net {

class EventLoop;

/// Calls `callback` once on the loop's thread, at or soon after the moment it was armed for; those
/// armed for the same moment in the order of arming. Arming again moves it. Only the loop's thread
/// uses a Timer; it may be destroyed in its own callback.
class Timer final {
  public:
    Timer(EventLoop& loop, std::function<void()> callback)
        : loop_(loop), callback_(std::move(callback)) {}
    ~Timer() { disarm(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void arm(SteadyTime when);
    void disarm() noexcept;
    [[nodiscard]] bool is_armed() const noexcept { return position_ != unarmed; }
    [[nodiscard]] SteadyTime when() const noexcept { return when_; }

  private:
    friend class TimerQueue;
    static constexpr std::size_t unarmed = static_cast<std::size_t>(-1);

    EventLoop& loop_;
    std::function<void()> callback_;
    SteadyTime when_ = never;
    std::uint64_t order_ = 0;         // counts the armings on the loop
    std::size_t position_ = unarmed;  // in the loop's heap
};

}  // namespace sluice::net
