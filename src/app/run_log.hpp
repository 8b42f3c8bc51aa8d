/// The library's log while a pipeline runs: lines on the console.
#pragma once

#include <memory>
#include <string>

#include "app/console.hpp"
#include "app/log_limiter.hpp"
#include "sluice/core/log.hpp"
#include "sluice/sync/mutex.hpp"

namespace spdlog {
class logger;
}

namespace sluice::app {

/// `realtime_denied thread=lidar priority=10 help="needs CAP_SYS_NICE"`: texts with anything but
/// letters, digits and `_-+.,:/@%[]` stand in quotes, with escapes.
[[nodiscard]] std::string log_text(const LogRecord& record);

/// Is the sink of the library's log for as long as it lives, from level info on. An event that
/// comes more than five times between two ticks is only counted from then on.
class RunLog final : public LogSink {
  public:
    /// `console` must outlive it.
    explicit RunLog(Console& console);
    ~RunLog() override;
    RunLog(const RunLog&) = delete;
    RunLog& operator=(const RunLog&) = delete;

    void write(const LogRecord& record) noexcept override;
    /// Tells what was only counted. To be called once a second.
    void tick();

  private:
    sync::Mutex mutex_;
    LogLimiter limiter_ SLUICE_GUARDED_BY(mutex_){5};
    const std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace sluice::app
