/// What a program sees of the connections of its pipeline: the stage `Assembly::observer_name`.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/stage_view.hpp"
#include "sluice/app/pipeline_config.hpp"
#include "sluice/pipeline/pipeline.hpp"
#include "sluice/pipeline/stage.hpp"
#include "sluice/sync/mutex.hpp"

namespace sluice::app {

/// Keeps the last messages of each connection. Any thread.
class Observations final {
  public:
    void take(const SocketStats& stats);
    void take(const ConnectionState& state);
    /// Adds to `stage` what is known of the connection of that name.
    void fill(StageView& stage) const;

  private:
    struct Last {
        std::optional<SocketStats> socket;
        std::optional<ConnectionState> connection;
    };
    mutable sync::Mutex mutex_;
    std::map<std::string, Last, std::less<>> last_ SLUICE_GUARDED_BY(mutex_);
};

/// What the observer does with each `socket_stats`; false: the pipeline is to end.
using OnSocketStats = std::function<bool(const SocketStats&)>;

/// A stage that subscribes to all `socket_stats` and `connection_state` of a configuration, tells
/// `observations`, which must outlive it, and logs connections that begin and end.
[[nodiscard]] std::unique_ptr<Stage> make_observer(const PipelineConfig& config,
                                                   Observations& observations,
                                                   OnSocketStats on_stats);

/// All stages of the configuration, in its order.
[[nodiscard]] RunView look(const PipelineConfig& config, const Pipeline& pipeline,
                           const Observations& observations, SystemTime time);

}  // namespace sluice::app
