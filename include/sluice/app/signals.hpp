/// SIGINT and SIGTERM as one call on a thread of their own.
#pragma once

#include <functional>
#include <memory>

#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/sync/mutex.hpp"

namespace sluice::app {

/// From now on the first SIGINT or SIGTERM calls `on_signal` with its number; a second one, or
/// `grace` after the first, ends the process at once with the status 128 + number. SIGPIPE is
/// ignored, SIGHUP ends the process like SIGTERM; any of them that was ignored already stays so
/// (nohup). Call before any other thread exists: all threads inherit that signals are not theirs.
/// The thread lives as long as the process.
[[nodiscard]] Result<void> handle_signals(std::function<void(int)> on_signal, Duration grace);

/// Ends what a command runs when such a signal comes.
class SignalEnd final {
  public:
    /// Calls `handle_signals`, with its conditions.
    [[nodiscard]] static Result<std::shared_ptr<SignalEnd>> create(Duration grace);

    /// Calls `body`, and `quit` on the signals' thread if a signal comes meanwhile. Returns what
    /// `body` returned, or 128 + the number of a signal that came; one that came before `body`
    /// began keeps it from beginning. `quit` is not running any more when this returns.
    [[nodiscard]] int run(const std::function<int()>& body, std::function<void()> quit);

  private:
    void on_signal(int number);

    sync::Mutex mutex_;
    std::function<void()> quit_ SLUICE_GUARDED_BY(mutex_);  // while `body` runs
    int number_ SLUICE_GUARDED_BY(mutex_) = 0;              // of the first signal, or 0
};

}  // namespace sluice::app
