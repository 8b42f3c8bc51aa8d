#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <sstream>
#include <string>

#include "app/console.hpp"
#include "app/json_lines.hpp"
#include "app/ledger.hpp"
#include "app/live_table.hpp"
#include "app/observer.hpp"
#include "app/problem_report.hpp"
#include "app/run_log.hpp"
#include "app/status_line.hpp"
#include "sluice/app/assembly.hpp"
#include "sluice/app/exit_status.hpp"
#include "sluice/app/process.hpp"
#include "sluice/app/report.hpp"
#include "sluice/app/run.hpp"
#include "sluice/app/signals.hpp"

namespace sluice::app {
namespace {

constexpr Duration tick_period = std::chrono::seconds(1);
// A stage that fills the terminal leaves it free for moments only.
constexpr Duration tick_patience = std::chrono::milliseconds(200);
// After a stop, a reader that does not read is waited for so long.
constexpr Duration output_patience = std::chrono::milliseconds(500);
// A stop takes `stop_timeout_ms`, 50 ms a stage at most, and the callbacks that are running.
constexpr Duration stop_grace_beyond_timeout = std::chrono::seconds(10);

constexpr std::size_t descriptors_per_loop = 12;
constexpr std::size_t descriptors_of_process = 48;

std::size_t descriptors_needed(const PipelineConfig& config) {
    return descriptors_of_process +
           descriptors_per_loop * (config.stages.size() + config.event_loops.size());
}

/// For a pipeline that the machine does not let start.
int start_failure_status(Errc code) {
    switch (code) {
        case Errc::permission_denied:
            return exit_permission;
        case Errc::address_in_use:
        case Errc::address_unavailable:
        case Errc::no_interface:
            return exit_unavailable;
        default:
            return exit_os;
    }
}

/// A table shares the terminal with lines of the log, but not with what stages write.
bool may_draw_table(const PipelineConfig& config) {
    return ::isatty(STDERR_FILENO) != 0 &&
           std::none_of(config.stages.begin(), config.stages.end(), [](const auto& stage) {
               return stage.type->writes_terminal &&
                      stage.type->writes_terminal(stage.config.get());
           });
}

/// One run of a pipeline, and what is shown of it.
class Run final {
  public:
    Run(const RunOptions& options, const PipelineConfig& config, sys::Descriptor standard_error)
        : options_(options),
          config_(config),
          has_table_(!options.json && may_draw_table(config)),
          console_(std::move(standard_error)),
          log_(console_) {}

    /// Returns exit_ok, or the status to end with after having told why.
    [[nodiscard]] int assemble(ConfigProblems& problems);
    /// REQUIRES: it is assembled.
    [[nodiscard]] int run();
    /// Lets `run` return. Any thread.
    void quit() noexcept { assembly_->pipeline().request_stop(); }

  private:
    bool on_stats(const SocketStats& stats) { return !options_.json || json_.write(stats); }
    void wait_for_end();
    void tick();
    [[nodiscard]] int conclude();
    [[nodiscard]] RunView view() {
        return look(config_, assembly_->pipeline(), observations_,
                    assembly_->executor().system_now());
    }

    const RunOptions& options_;
    const PipelineConfig& config_;
    const bool has_table_;
    Console console_;
    RunLog log_;
    JsonLines json_;
    Observations observations_;
    std::unique_ptr<Assembly> assembly_;  // last: its threads use the others
};

int Run::assemble(ConfigProblems& problems) {
    if (options_.json) {
        if (const Result<void> opened = json_.open(); !opened) {
            report("standard output: " + opened.error().message());
            return exit_io;
        }
    }
    Result<std::unique_ptr<Assembly>> created = Assembly::create(
        config_, Assembly::Purpose::run, problems,
        make_observer(config_, observations_,
                      [this](const SocketStats& stats) { return on_stats(stats); }));
    const int status = tell_problems(problems);
    if (!created) {
        report(created.error().message());
        return start_failure_status(created.error().code());
    }
    assembly_ = *std::move(created);
    return status;
}

int Run::run() {
    if (const Result<void> started = assembly_->pipeline().start(); !started) {
        report(started.error().message());
        return start_failure_status(started.error().code());
    }
    wait_for_end();
    assembly_->pipeline().stop();
    return conclude();
}

void Run::wait_for_end() {
    const RealTimeExecutor& executor = assembly_->executor();
    const SteadyTime begin = executor.now();
    const SteadyTime end = options_.duration ? saturating_add(begin, *options_.duration) : never;
    SteadyTime next = begin + tick_period;
    while (!assembly_->pipeline().wait(std::min(next, end)) && executor.now() < end) {
        tick();
        next = std::max(next + tick_period, executor.now());
    }
}

void Run::tick() {
    log_.tick();
    if (options_.json) {
        json_.flush({});
    } else if (has_table_) {
        console_.table(live_table(view(), console_.size().lines - 1));
    } else {
        console_.line(status_line(view()));
    }
    console_.catch_up(tick_patience);
}

int Run::conclude() {
    console_.table({});
    log_.tick();
    std::vector<StageLedger> ledgers;
    for (const StageView& stage : view().stages) {
        ledgers.push_back(stage_ledger(stage));
    }
    std::istringstream lines(ledger_text(ledgers));
    for (std::string line; std::getline(lines, line);) {
        console_.line(line);
    }
    const bool is_written = !options_.json || json_.flush(output_patience);
    if (json_.dropped() > 0 && is_written) {
        console_.line("standard output took too little: " + std::to_string(json_.dropped()) +
                      " lines were dropped");
    }
    const bool has_failed = !is_written && json_.error() != EPIPE;
    if (has_failed) {
        console_.line("writing standard output: " + Error::from_errno(json_.error()).message());
    }
    console_.finish(output_patience);
    return !all_hold(ledgers) ? exit_software : has_failed ? exit_io : exit_ok;
}

}  // namespace

int run_command(const RunOptions& options, const StageRegistry& registry) {
    ConfigProblems problems(options.config_path);
    const LoadedConfig loaded = load_config(registry, problems);
    const PipelineConfig& config = loaded.pipeline;
    if (problems.errors() > 0) {
        return tell_problems(problems);
    }
    if (const int status = prepare_process(descriptors_needed(config)); status != exit_ok) {
        return status;
    }
    const Duration grace =
        std::chrono::milliseconds(config.keys.stop_timeout_ms) + stop_grace_beyond_timeout;
    const Result<std::shared_ptr<SignalEnd>> signal = SignalEnd::create(grace);
    if (!signal) {
        report(signal.error().message());
        return exit_os;
    }
    Result<sys::Descriptor> standard_error = sys::open_standard(sys::StandardStream::error);
    if (!standard_error) {
        return exit_os;
    }
    Run run(options, config, *std::move(standard_error));
    if (const int status = run.assemble(problems); status != exit_ok) {
        return status;
    }
    return (*signal)->run([&run] { return run.run(); }, [&run] { run.quit(); });
}

}  // namespace sluice::app
