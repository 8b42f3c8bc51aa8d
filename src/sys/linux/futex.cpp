#include "sluice/sys/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>

namespace sluice::sys {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t),
              "the kernel looks at the bare word");

bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                SteadyTime deadline) noexcept {
    timespec until{};
    if (deadline != never) {
        deadline = std::max(deadline, SteadyTime());  // the kernel refuses a negative time
        const auto whole = std::chrono::floor<std::chrono::seconds>(deadline.time_since_epoch());
        until.tv_sec = whole.count();
        until.tv_nsec = (deadline.time_since_epoch() - whole).count();
    }
    // FUTEX_WAIT_BITSET takes an absolute time on CLOCK_MONOTONIC; FUTEX_WAIT a relative one.
    const long result =
        ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected,
                  deadline == never ? nullptr : &until, nullptr, FUTEX_BITSET_MATCH_ANY);
    return result == 0 || errno != ETIMEDOUT;
}

void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept {
    ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX);
}

}  // namespace sluice::sys
