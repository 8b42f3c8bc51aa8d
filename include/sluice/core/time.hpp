/// Time as values. The types have no `now()`: only `sys` knows what time it is.
#pragma once

#include <chrono>
#include <cstdint>

namespace sluice {

/// All durations inside the library: nanoseconds, signed.
using Duration = std::chrono::nanoseconds;

/// A clock that never jumps (CLOCK_MONOTONIC; it pauses while the machine is suspended). For
/// timers and intervals.
struct SteadyClock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<SteadyClock>;
    static constexpr bool is_steady = true;
};

/// Wall time since the epoch of Unix. For time stamps only: it may jump either way.
struct SystemClock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<SystemClock>;
    static constexpr bool is_steady = false;
};

using SteadyTime = SteadyClock::time_point;
using SystemTime = SystemClock::time_point;

/// A deadline that never comes.
inline constexpr SteadyTime never = SteadyTime::max();

/// Nanoseconds since the epoch of Unix, as messages and files carry time.
[[nodiscard]] constexpr std::int64_t nanoseconds_since_epoch(SystemTime time) noexcept {
    return time.time_since_epoch().count();
}

/// `time + span` without overflow: what would lie beyond the end of time is `never`.
[[nodiscard]] constexpr SteadyTime saturating_add(SteadyTime time, Duration span) noexcept {
    return span > Duration::zero() && time > never - span ? never : time + span;
}

}  // namespace sluice
