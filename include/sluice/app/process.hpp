/// What a command needs of its process, and what it does to it.
#pragma once

#include <cstddef>

namespace sluice::app {

/// Makes the process ready for a command: no socket can get the number of a closed standard stream,
/// and `descriptors_needed` descriptors may be open. Returns exit_ok, or the status to end with
/// after having told why.
[[nodiscard]] int prepare_process(std::size_t descriptors_needed);

}  // namespace sluice::app
