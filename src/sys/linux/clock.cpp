#include "sluice/sys/clock.hpp"

#include <ctime>

namespace sluice::sys {
namespace {

Duration read_clock(clockid_t clock) noexcept {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

SteadyTime now() noexcept {
    return SteadyTime(read_clock(CLOCK_MONOTONIC));
}

SystemTime system_now() noexcept {
    return SystemTime(read_clock(CLOCK_REALTIME));
}

}  // namespace sluice::sys
