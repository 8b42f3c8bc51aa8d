/// From a configuration to a pipeline that can run.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sluice/app/config_problem.hpp"
#include "sluice/app/pipeline_config.hpp"
#include "sluice/core/result.hpp"
#include "sluice/net/event_loop_thread.hpp"
#include "sluice/pipeline/pipeline.hpp"

namespace sluice::app {

/// Owns the shared event loops, the executor, and the pipeline with its stages. One thread, except
/// for what Pipeline allows to any.
class Assembly final {
  public:
    /// For looking at it the loops get no threads: nothing touches the machine's scheduler.
    enum class Purpose { look, run };

    /// Makes all stages and joins them. `observer`, if any, is added as a stage of the program's
    /// own. What does not fit together is added to `problems`; then the result is null. Errors: the
    /// machine does not allow an event loop that `config` asks for. REQUIRES: `config` was read
    /// without errors.
    [[nodiscard]] static Result<std::unique_ptr<Assembly>> create(
        const PipelineConfig& config, Purpose purpose, ConfigProblems& problems,
        std::unique_ptr<Stage> observer = nullptr);
    ~Assembly();
    Assembly(const Assembly&) = delete;
    Assembly& operator=(const Assembly&) = delete;

    /// The stage name of an observer.
    static constexpr const char* observer_name = "sluice-observer";

    /// Initialized, not started.
    [[nodiscard]] Pipeline& pipeline() noexcept { return *pipeline_; }
    [[nodiscard]] const RealTimeExecutor& executor() const noexcept { return *executor_; }

  private:
    struct SharedLoop {
        std::unique_ptr<net::EventLoop> idle;           // to look
        std::unique_ptr<net::EventLoopThread> running;  // to run
        [[nodiscard]] net::EventLoop& loop() { return idle ? *idle : running->loop(); }
    };

    Assembly() = default;
    Result<void> add_loop(const std::string& name, const EventLoopConfig& config, Purpose purpose);
    void add_stage(const ConfiguredStage& stage, ConfigProblems& problems);

    std::map<std::string, SharedLoop, std::less<>> loops_;
    std::unique_ptr<RealTimeExecutor> executor_;
    std::unique_ptr<Pipeline> pipeline_;  // last: its stages use the others
};

}  // namespace sluice::app
