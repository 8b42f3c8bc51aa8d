/// The stage that cuts packets into frames, and frames what is to be sent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "sluice/core/describe.hpp"
#include "sluice/core/time.hpp"
#include "sluice/framing/framing.hpp"
#include "sluice/messages/framing_stats.hpp"
#include "sluice/pipeline/stage.hpp"
#include "sluice/stages/stage_channels.hpp"
#include "sluice/stages/subscription_config.hpp"

namespace sluice {

/// The names are the keys of the configuration.
struct FramerStageConfig {
    /// How to find messages in the stream, and to write them. Must be given, unless the stage was
    /// made with a framer.
    std::optional<Framing> framing;
    /// The channel of TcpPacketGroup. Lossless unless it says something else, because a hole tears
    /// the stream.
    SubscriptionConfig input{.channel = {}, .policy = SubscriptionPolicy::lossless};
    /// The stream is given up if a frame is not whole so long after its first byte.
    std::uint32_t frame_timeout_ms = 30'000;
    /// The channel to which messages published on `egress_messages` go framed; empty: none.
    std::string egress;
    /// For frames that did not come in one piece, and for payloads with escapes; by default as
    /// `pool_size_b(config)` says.
    std::optional<std::uint64_t> pool_size_b;
};
[[nodiscard]] const StructDescription& describe(TypeTag<FramerStageConfig>);

/// The size of the pool: as given, or 16 MiB or twice what the longest frame takes, if that is
/// more. REQUIRES: the framing, if there is one, is valid.
[[nodiscard]] std::uint64_t pool_size_b(const FramerStageConfig& config);

/// Messages that were framed. Always: accepted = published + refused + dropped.
struct FramerEgressCounts {
    std::uint64_t accepted = 0;   ///< Published on `egress_messages`.
    std::uint64_t published = 0;  ///< On the channel `egress`, framed.
    std::uint64_t refused = 0;    ///< The framing cannot carry them.
    std::uint64_t dropped = 0;    ///< No credit, or no memory for what stands behind fragments.
};
[[nodiscard]] const StructDescription& describe(TypeTag<FramerEgressCounts>);

/// What became of what a framer received.
struct FramerStats {
    std::string stage;
    SystemTime time{};
    std::uint64_t connection = 0;      ///< The last.
    std::uint64_t groups = 0;          ///< Packet groups that came.
    std::uint64_t dropped_groups = 0;  ///< Of these: the pool was used up for too long.
    std::uint64_t holes = 0;           ///< Where bytes of a connection were missing.
    FramingStats framing;
    FramerEgressCounts egress;
};
[[nodiscard]] const StructDescription& describe(TypeTag<FramerStats>);

/// Cuts the packets of one channel into frames: for streams that no TcpClientStage of one's own
/// frames, as those of a player, or to frame one stream in several ways. `type: framer` of a
/// configuration.
///
///     frames           out  FrameGroup: what each packet made whole. Frames that stand in one
///                           packet are slices of it; those that do not are put together.
///     framer_stats     out  FramerStats: once a second, and when the stage has stopped.
///     egress_messages  in   EgressPacket, with `egress` only: published there as one frame, in
///                           the same order. Any threads may publish; there is no queue. What
///                           the framing has before its length (class and number of UBX) are the
///                           first bytes of `data`.
///
/// Each connection is a stream of its own. What ends a stream ends it until the next connection.
/// Where bytes are missing, the stream goes on at the next frame if the framing can find one (sync,
/// delimiter, slip, cobs, dle), and is given up otherwise.
class FramerStage final : public Stage {
  public:
    /// With a `framer` of the program's own, `config.framing` must not be given.
    explicit FramerStage(FramerStageConfig config, std::shared_ptr<const Framer> framer = nullptr);
    ~FramerStage() override;

    void initialize(StageInterface& pipeline) override;
    /// Errors: `invalid_argument` for a configuration with complaints.
    Result<void> start() override;
    void stop() override;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
[[nodiscard]] std::span<const StageChannel> stage_channels(TypeTag<FramerStage>) noexcept;

}  // namespace sluice
