/// SIGINT and SIGTERM as one call on a thread of their own.
#pragma once

#include <functional>

#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"

namespace sluice::cli {

/// From now on the first SIGINT or SIGTERM calls `on_signal` with its number; a second one, or
/// `grace` after the first, ends the process at once with the status 128 + number. SIGPIPE is
/// ignored, SIGHUP ends the process like SIGTERM; any of them that was ignored already stays so
/// (nohup). Call before any other thread exists: all threads inherit that signals are not theirs.
/// The thread lives as long as the process.
[[nodiscard]] Result<void> handle_signals(std::function<void(int)> on_signal, Duration grace);

}  // namespace sluice::cli
