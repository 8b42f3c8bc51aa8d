#include "app/observer.hpp"

#include <algorithm>
#include <utility>

#include "sluice/core/log.hpp"

namespace sluice::app {
namespace {

// Deep enough that nothing is lost while a second's work waits; what is lost is only shown later.
constexpr SubscriptionOptions observed{.policy = SubscriptionPolicy::drop_oldest};

/// The full names of the channels of this type that the stage publishes.
std::vector<std::string> published_channels(const ConfiguredStage& stage, std::string_view type) {
    std::vector<std::string> channels;
    for (const StageChannel& channel : stage.type->channels) {
        if (channel.direction == StageChannel::Direction::publishes && channel.type == type) {
            const std::string name_space =
                stage.name_space.empty() ? "/" + stage.name : stage.name_space;
            channels.push_back(name_space + "/" + std::string(channel.name));
        }
    }
    return channels;
}

template <typename Message>
std::vector<std::string> channels_of(const ConfiguredStage& stage) {
    return published_channels(stage, describe(TypeTag<Message>{}).name());
}

void log_state(const ConnectionState& state) {
    if (state.state == ConnectionStatus::up) {
        log(LogLevel::info, "connected",
            {{"stage", state.stage}, {"peer", state.peer}, {"connection", state.connection}});
    } else if (state.state == ConnectionStatus::waiting) {
        log(LogLevel::warning, "not_connected",
            {{"stage", state.stage},
             {"reason", state.reason},
             {"message", state.message},
             {"retry_after_ms", std::uint64_t{state.retry_after_ms}}});
    }
}

class ObserverStage final : public Stage {
  public:
    ObserverStage(const PipelineConfig& config, Observations& observations, OnSocketStats on_stats)
        : observations_(observations), on_stats_(std::move(on_stats)) {
        for (const ConfiguredStage& stage : config.stages) {
            for (std::string& channel : channels_of<SocketStats>(stage)) {
                stats_channels_.push_back(std::move(channel));
            }
            for (std::string& channel : channels_of<ConnectionState>(stage)) {
                state_channels_.push_back(std::move(channel));
            }
        }
    }

    void initialize(StageInterface& pipeline) override {
        for (const std::string& channel : stats_channels_) {
            pipeline.subscribe<SocketStats>(
                channel, observed, [this, &pipeline](const Delivery<SocketStats>& delivery) {
                    observations_.take(delivery.message());
                    if (!on_stats_(delivery.message())) {
                        pipeline.request_stop();
                    }
                });
        }
        for (const std::string& channel : state_channels_) {
            pipeline.subscribe<ConnectionState>(channel, observed,
                                                [this](const Delivery<ConnectionState>& delivery) {
                                                    observations_.take(delivery.message());
                                                    log_state(delivery.message());
                                                });
        }
    }

  private:
    Observations& observations_;
    OnSocketStats on_stats_;
    std::vector<std::string> stats_channels_;
    std::vector<std::string> state_channels_;
};

/// The messages on channels that only this stage publishes on.
std::uint64_t published_by(const std::string& stage, const std::vector<ChannelInfo>& channels) {
    std::uint64_t sum = 0;
    for (const ChannelInfo& channel : channels) {
        if (channel.publishers == std::vector<std::string>{stage}) {
            sum += channel.published;
        }
    }
    return sum;
}

}  // namespace

void Observations::take(const SocketStats& stats) {
    const sync::MutexLock lock(mutex_);
    last_[stats.stage].socket = stats;
}

void Observations::take(const ConnectionState& state) {
    const sync::MutexLock lock(mutex_);
    last_[state.stage].connection = state;
}

void Observations::fill(StageView& stage) const {
    const sync::MutexLock lock(mutex_);
    if (const auto found = last_.find(stage.name); found != last_.end()) {
        stage.socket = found->second.socket;
        stage.connection = found->second.connection;
    }
}

std::unique_ptr<Stage> make_observer(const PipelineConfig& config, Observations& observations,
                                     OnSocketStats on_stats) {
    return std::make_unique<ObserverStage>(config, observations, std::move(on_stats));
}

RunView look(const PipelineConfig& config, const Pipeline& pipeline,
             const Observations& observations, SystemTime time) {
    const std::vector<StageStatistics> statistics = pipeline.statistics();
    const std::vector<ChannelInfo> channels = pipeline.channels();
    RunView view{time, {}};
    for (const ConfiguredStage& configured : config.stages) {
        StageView stage;
        stage.name = configured.name;
        stage.has_connection = !channels_of<SocketStats>(configured).empty();
        observations.fill(stage);
        const auto found =
            std::find_if(statistics.begin(), statistics.end(),
                         [&](const StageStatistics& each) { return each.name == configured.name; });
        if (found != statistics.end()) {
            stage.subscriptions = found->subscriptions;
        }
        stage.published = published_by(configured.name, channels);
        view.stages.push_back(std::move(stage));
    }
    return view;
}

}  // namespace sluice::app
