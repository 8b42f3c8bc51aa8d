/// The seam: a memory barrier for all threads of the process, paid for by the one that calls it.
#pragma once

namespace sluice::sys {

/// Every thread of the process passes a full memory barrier between the call and the return. So a
/// thread that is about to sleep can make the fence unnecessary that each of its wakers would need
/// between "I wrote something" and "does it sleep?". A few microseconds. For `net` and `sync` only.
void barrier_for_all_threads() noexcept;

}  // namespace sluice::sys
