/// The seam: what time it is. Only the event loop, executors and blocking covers ask.
#pragma once

#include "sluice/core/time.hpp"

namespace sluice::sys {

[[nodiscard]] SteadyTime now() noexcept;
[[nodiscard]] SystemTime system_now() noexcept;

}  // namespace sluice::sys
