// The part of the seam that is the same in every world.
#include "sluice/sys/thread.hpp"

namespace sluice::sys {

Result<void> validate(const ThreadOptions& options) {
    if (options.priority < 0 || options.priority > 99) {
        return Error(Errc::invalid_argument,
                     "thread_priority " + std::to_string(options.priority) +
                         "; allowed are 0 (the ordinary scheduler) and 1 to 99 (SCHED_FIFO)");
    }
    const CpuSet allowed = allowed_cpus();
    if (!options.affinity.is_subset_of(allowed)) {
        return Error(Errc::invalid_argument,
                     "thread_processor_affinity " + options.affinity.to_string() +
                         "; this process may use the processors " + allowed.to_string());
    }
    return {};
}

}  // namespace sluice::sys
