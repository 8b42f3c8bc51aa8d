#include "sluice/sys/barrier.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sluice/core/check.hpp"

namespace sluice::sys {
namespace {

long membarrier(int command) noexcept {
    return ::syscall(SYS_membarrier, command, 0, 0);
}

}  // namespace

void barrier_for_all_threads() noexcept {
    // Since Linux 4.14. Registering belongs to the process and is cheap when it is done already.
    static const bool is_registered = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
    const bool done = is_registered && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
    // Where a sandbox forbids that, the slow kind does the same for all processes.
    SLUICE_CHECK(done || membarrier(MEMBARRIER_CMD_GLOBAL) == 0,
                 "the system call membarrier, which Linux has since 4.14, is forbidden here");
}

}  // namespace sluice::sys
