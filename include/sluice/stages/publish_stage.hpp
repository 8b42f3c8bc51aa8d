/// The stage that publishes what the configuration says, once, again and again, or as it is read
/// from standard input.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "sluice/core/describe.hpp"
#include "sluice/pipeline/stage.hpp"
#include "sluice/stages/stage_channels.hpp"
#include "sluice/sys/descriptor.hpp"

namespace sluice {

/// The names are the keys of the configuration. Exactly one of `text`, `hex`, `file` and
/// `standard_input` is given.
struct PublishStageConfig {
    static constexpr std::size_t file_size_b_max = std::size_t{16} * 1024 * 1024;

    std::string channel{};
    std::optional<std::string> text{};
    std::optional<std::string> hex{};   ///< `7e 00 7e`
    std::optional<std::string> file{};  ///< Its whole content is one message: 16 MiB at most.
    bool standard_input = false;
    /// Of standard input: a message is a line with its '\n', or else what one read returned. A line
    /// of more than 64 KiB is published in pieces of that size.
    bool lines = true;

    std::uint32_t delay_ms = 0;  ///< Before the first message.
    std::uint32_t every_ms = 0;  ///< Between two; 0 = one message only.
    std::uint64_t count = 0;     ///< How many; 0 = no end.
    /// A channel of ConnectionState: begins when a connection is up, anew for each, and pauses
    /// while there is none.
    std::string when_up{};
};
[[nodiscard]] const StructDescription& describe(TypeTag<PublishStageConfig>);

/// Publishes EgressPacket; `type: publish` of a configuration.
///
/// A lossless subscriber without room makes it wait: no message of standard input is lost to it,
/// and of those by the clock, what was missed is skipped. Standard input is read by a thread of the
/// stage's own; its end is not the end of the pipeline.
class PublishStage final : public Stage {
  public:
    /// `input`, if it is open, is read instead of standard input.
    explicit PublishStage(PublishStageConfig config, sys::Descriptor input = {});
    ~PublishStage() override;

    void initialize(StageInterface& pipeline) override;
    /// Errors: `invalid_argument` for a configuration with complaints; a file that cannot be read,
    /// is empty or is `too_large`.
    Result<void> start() override;
    void begin() override;
    void stop() override;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
[[nodiscard]] std::span<const StageChannel> stage_channels(TypeTag<PublishStage>) noexcept;

}  // namespace sluice
