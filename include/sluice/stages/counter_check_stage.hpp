/// The stage that checks counter streams: what came, what is missing, and why.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sluice/core/describe.hpp"
#include "sluice/core/time.hpp"
#include "sluice/pipeline/stage.hpp"
#include "sluice/stages/stage_channels.hpp"
#include "sluice/stages/subscription_config.hpp"

namespace sluice {

/// The names are the keys of the configuration.
struct CounterCheckStageConfig {
    std::vector<SubscriptionConfig> subscribe{};  ///< Channels of TcpPacketGroup; at least one.
    bool log_gaps = true;                         ///< At most 10 a second, and how many more.
    /// Asks the pipeline to stop after so many right records of all channels; 0 = never.
    std::uint64_t stop_after_records = 0;
};
[[nodiscard]] const StructDescription& describe(TypeTag<CounterCheckStageConfig>);

/// Records that are missing for one cause.
struct CounterLoss {
    std::uint64_t gaps = 0;
    std::uint64_t records = 0;
};
[[nodiscard]] const StructDescription& describe(TypeTag<CounterLoss>);

/// Missing records by messages::GapCause.
struct CounterLosses {
    CounterLoss disconnect;
    CounterLoss dropped;
    CounterLoss unexplained;
};
[[nodiscard]] const StructDescription& describe(TypeTag<CounterLosses>);

/// What was seen on one channel since the start: see messages::CounterCheckStatistics.
struct CounterStats {
    std::string stage;
    SystemTime time{};
    std::string channel;
    std::uint64_t connections = 0;
    std::uint64_t records = 0;
    std::uint64_t repeated_records = 0;
    std::uint64_t corrupt_records = 0;
    std::uint64_t incomplete_records = 0;
    std::uint64_t bytes = 0;
    std::uint64_t skipped_bytes = 0;
    std::uint64_t lost_groups = 0;  ///< Groups that the subscription dropped.
    CounterLosses lost;
};
[[nodiscard]] const StructDescription& describe(TypeTag<CounterStats>);

/// Checks the streams of counting devices, one for each channel; `type: counter_check` of a
/// configuration. Publishes CounterStats on `counter_stats`, a message for each channel, once a
/// second and when it stops. Logs gaps with their cause: `counter_gap`.
class CounterCheckStage final : public Stage {
  public:
    explicit CounterCheckStage(CounterCheckStageConfig config);
    ~CounterCheckStage() override;

    void initialize(StageInterface& pipeline) override;
    /// Errors: `invalid_argument` for a configuration with complaints.
    Result<void> start() override;
    void stop() override;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
[[nodiscard]] std::span<const StageChannel> stage_channels(TypeTag<CounterCheckStage>) noexcept;

}  // namespace sluice
