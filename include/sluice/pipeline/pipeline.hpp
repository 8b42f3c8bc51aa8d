/// A pipeline: stages, the channels between them, and an executor.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/pipeline/executor.hpp"
#include "sluice/pipeline/message.hpp"
#include "sluice/pipeline/stage.hpp"
#include "sluice/pipeline/subscription.hpp"

namespace sluice {

struct PipelineOptions {
    /// How long a stop waits for what is queued to be delivered; the rest is counted `stopped`.
    Duration stop_timeout = std::chrono::seconds(2);
};

/// Something that is wrong with how the stages fit together.
struct PipelineError {
    std::string stage;    ///< Where.
    std::string channel;  ///< Full name; empty if it concerns none.
    std::string message;
};

/// One channel, for listings and for whoever records or shows everything.
struct ChannelInfo {
    std::string name;
    std::string type;
    const StructDescription* description = nullptr;  ///< Null if its type has none.
    std::vector<std::string> publishers;             ///< Stages.
    std::vector<std::string> subscribers;            ///< Stages.
    std::uint64_t published = 0;                     ///< Messages so far.
    std::uint64_t refused = 0;  ///< Not published: a lossless subscriber lacked room.
};

/// Owns stages and channels. Made, then filled by `add`, then started, then stopped; a stopped
/// pipeline is not started again. One thread, except where stated.
///
///     RealTimeExecutor executor;
///     Pipeline pipeline(executor);
///     pipeline.add("lidar", std::make_unique<TcpClientStage>(config));
///     pipeline.add("show", std::make_unique<MyStage>());
///     if (Result<void> started = pipeline.start(); !started) { ... }
///     pipeline.wait();      // until somebody calls request_stop()
///     pipeline.stop();
class Pipeline final {
  public:
    /// `executor` must outlive the pipeline and serve no other that runs at the same time.
    explicit Pipeline(Executor& executor, const PipelineOptions& options = {});
    /// Stops it if need be. Messages that are still held outside of stages are a bug and abort.
    ~Pipeline();
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    /// Adds a stage; its namespace is `/NAME` unless `name_space` is given. Returns the stage.
    /// REQUIRES: not initialized yet.
    template <typename ConcreteStage>
    ConcreteStage& add(const std::string& name, std::unique_ptr<ConcreteStage> stage,
                       const std::string& name_space = {}) {
        ConcreteStage& added = *stage;
        add_stage(name, std::move(stage), name_space);
        return added;
    }

    /// Lets every stage register, joins the channels, and tells everything that is wrong with that:
    /// names that are no names or are given twice; two types on one channel; a subscription to a
    /// channel of another stage that nobody publishes; rings of lossless subscriptions; inline
    /// delivery where the publishing thread is not the channel's own; stages that need the real
    /// time on a simulated clock. Once; `start` calls it if nobody did.
    [[nodiscard]] std::vector<PipelineError> initialize();

    /// Starts executor and stages. Errors: `invalid_argument` with the first of what `initialize`
    /// found, and those of the stages; nothing runs then.
    [[nodiscard]] Result<void> start();

    /// Stops all stages, sources first; each is stopped when what was published to it is delivered,
    /// or when `stop_timeout` is over. Not inside a callback (see request_stop). Returns after the
    /// callbacks that run now.
    void stop();

    /// Makes `wait` return. Any thread, also inside callbacks.
    void request_stop() noexcept;
    /// Sleeps until `request_stop` was called, or the deadline; false at the deadline. Any thread.
    bool wait(SteadyTime deadline = never);

    [[nodiscard]] const PipelineOptions& options() const noexcept;

    // Any thread, once initialized.

    [[nodiscard]] std::vector<ChannelInfo> channels() const;
    [[nodiscard]] std::vector<StageStatistics> statistics() const;
    /// The last message of a latched channel; empty if there was none, or no such channel.
    [[nodiscard]] AnyMessage latest(std::string_view channel) const;

  private:
    void add_stage(std::string name, std::unique_ptr<Stage> stage, std::string name_space);

    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sluice
