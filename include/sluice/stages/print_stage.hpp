/// The stage that shows messages on standard output.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sluice/core/describe.hpp"
#include "sluice/pipeline/stage.hpp"
#include "sluice/stages/stage_channels.hpp"
#include "sluice/stages/subscription_config.hpp"
#include "sluice/sys/descriptor.hpp"

namespace sluice {

/// How a message is shown. Messages that are no bytes are a line of JSON in `text` and `hex` too.
enum class PrintFormat : std::uint8_t {
    hex,   ///< A line with time and length, then 16 bytes a line with their offset.
    text,  ///< A line per packet: time, length, and the bytes with control characters escaped.
    json,  ///< A line per message: {"channel":"/a/b","lost_before":0,"message":{...}}.
};
[[nodiscard]] std::span<const std::string_view> enumerators(TypeTag<PrintFormat>) noexcept;

enum class PrintOutput : std::uint8_t {
    standard_output,  ///< `stdout`
    standard_error,   ///< `stderr`
};
[[nodiscard]] std::span<const std::string_view> enumerators(TypeTag<PrintOutput>) noexcept;

/// The names are the keys of the configuration.
struct PrintStageConfig {
    std::vector<SubscriptionConfig> subscribe{};  ///< At least one.
    PrintFormat format = PrintFormat::text;
    double rate_limit_hz = 0;       ///< Messages that are shown per second; 0 = all.
    std::uint64_t max_bytes = 256;  ///< Bytes of a message that `text` and `hex` show.
    PrintOutput output = PrintOutput::standard_output;
};
[[nodiscard]] const StructDescription& describe(TypeTag<PrintStageConfig>);

/// Shows messages of any type; `type: print` of a configuration.
///
/// What is not shown is told: messages that the subscription lost (`/lidar/packet_group lost 5
/// messages`); messages beyond the rate limit, and those that came while the output took nothing
/// (`... 37 messages not shown`); bytes beyond `max_bytes` (`... 950 bytes not shown`).
///
/// Never waits for its output, but for 40 ms when it stops: while a pipe is full, text up to 1 MiB
/// and one message waits. When nobody reads the output any more, it asks the pipeline to stop; any
/// other failure to write is logged once, and nothing is shown from then on.
class PrintStage final : public Stage {
  public:
    /// `output`, if it is open, is written instead of the configured stream.
    explicit PrintStage(PrintStageConfig config, sys::Descriptor output = {});
    ~PrintStage() override;

    void initialize(StageInterface& pipeline) override;
    /// Errors: `invalid_argument` for a configuration with complaints; a stream that is closed.
    Result<void> start() override;
    void stop() override;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
[[nodiscard]] std::span<const StageChannel> stage_channels(TypeTag<PrintStage>) noexcept;

}  // namespace sluice
