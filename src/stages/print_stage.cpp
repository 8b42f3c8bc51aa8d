#include "sluice/stages/print_stage.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "sluice/core/log.hpp"
#include "sluice/stages/text_output.hpp"
#include "stages/config_error.hpp"
#include "stages/message_text.hpp"

namespace sluice {
namespace {

using Config = PrintStageConfig;

constexpr Duration retry_delay = std::chrono::milliseconds(10);
constexpr Duration stop_patience = std::chrono::milliseconds(40);

void check(const Config& config, std::vector<Complaint>& complaints) {
    if (config.subscribe.empty()) {
        complaints.push_back(
            {.key = "subscribe", .message = "is empty; give at least one channel"});
    }
}

/// Lets one message pass per period.
class RateLimit {
  public:
    explicit RateLimit(double rate_hz)
        : period_(rate_hz > 0 ? static_cast<Duration::rep>(std::min(1e9 / rate_hz, 1e18)) : 0) {}

    [[nodiscard]] bool pass(SteadyTime now) {
        const bool passes = now >= next_;
        if (passes) {
            next_ = saturating_add(now, period_);
        }
        return passes;
    }

  private:
    Duration period_;
    SteadyTime next_ = SteadyTime::min();
};

}  // namespace

struct PrintStage::State {
    State(Config given, sys::Descriptor file)
        : config(std::move(given)), output(std::move(file)), rate_limit(config.rate_limit_hz) {}

    void on_message(std::size_t input, const AnyDelivery& delivery);
    void append(const AnyDelivery& delivery, std::uint64_t lost_before);
    void append_not_shown();
    void flush();
    void fail(int error_number);

    const Config config;
    TextOutput output;
    RateLimit rate_limit;
    StageInterface* pipeline = nullptr;
    StageTimer retry;
    std::vector<std::uint64_t> lost;  // by input: not told yet
    std::uint64_t not_shown = 0;      // not told yet
    bool is_open = false;             // from `start` to `stop` or a failed write
};

void PrintStage::State::on_message(std::size_t input, const AnyDelivery& delivery) {
    lost[input] += delivery.lost_before();
    if (!is_open || !output.has_room() || !rate_limit.pass(pipeline->now())) {
        ++not_shown;
        return;
    }
    append_not_shown();
    append(delivery, std::exchange(lost[input], 0));
    flush();
}

void PrintStage::State::append(const AnyDelivery& delivery, std::uint64_t lost_before) {
    switch (config.format) {
        case PrintFormat::hex:
            append_message_hex(output.text(), delivery, lost_before, config.max_bytes);
            break;
        case PrintFormat::text:
            append_message_text(output.text(), delivery, lost_before, config.max_bytes);
            break;
        case PrintFormat::json:
            append_message_json(output.text(), delivery, lost_before);
            break;
    }
}

void PrintStage::State::append_not_shown() {
    if (not_shown == 0) {
        return;
    }
    const std::uint64_t count = std::exchange(not_shown, 0);
    output.text() += config.format == PrintFormat::json
                         ? "{\"not_shown\":" + std::to_string(count) + "}\n"
                         : "... " + counted(count, "message") + " not shown\n";
}

void PrintStage::State::flush() {
    if (const int error = output.flush(); error != 0) {
        fail(error);
    } else if (!output.text().empty()) {
        retry.arm(pipeline->now() + retry_delay);
    }
}

void PrintStage::State::fail(int error_number) {
    is_open = false;
    if (error_number == EPIPE) {
        pipeline->request_stop();
        return;
    }
    const std::string why = Error::from_errno(error_number).message();
    log(LogLevel::error, "print_failed", {{"stage", pipeline->name()}, {"error", why}});
}

PrintStage::PrintStage(Config config, sys::Descriptor output)
    : state_(std::make_unique<State>(std::move(config), std::move(output))) {}

PrintStage::~PrintStage() = default;

void PrintStage::initialize(StageInterface& pipeline) {
    State& state = *state_;
    state.pipeline = &pipeline;
    state.retry = pipeline.timer([&state] { state.flush(); });
    state.lost.resize(state.config.subscribe.size());
    for (std::size_t i = 0; i < state.config.subscribe.size(); ++i) {
        const SubscriptionConfig& input = state.config.subscribe[i];
        pipeline.subscribe_any(
            input.channel, input.options(),
            [&state, i](const AnyDelivery& delivery) { state.on_message(i, delivery); });
    }
}

Result<void> PrintStage::start() {
    if (Result<void> checked = validate(describe(TypeTag<Config>{}), &state_->config); !checked) {
        return checked;
    }
    const bool is_error_stream = state_->config.output == PrintOutput::standard_error;
    if (Result<void> opened = state_->output.open(is_error_stream ? sys::StandardStream::error
                                                                  : sys::StandardStream::output);
        !opened) {
        return opened;
    }
    state_->is_open = true;
    return {};
}

void PrintStage::stop() {
    if (!state_->is_open) {
        return;
    }
    state_->append_not_shown();
    if (const int error = state_->output.flush(stop_patience); error != 0) {
        state_->fail(error);
    }
    if (const std::size_t left = state_->output.text().size(); left > 0) {
        log(LogLevel::warning, "print_cut",
            {{"stage", state_->pipeline->name()}, {"bytes", std::uint64_t{left}}});
    }
    state_->is_open = false;
}

std::span<const std::string_view> enumerators(TypeTag<PrintFormat>) noexcept {
    static constexpr std::array<std::string_view, 3> names{"hex", "text", "json"};
    return names;
}

std::span<const std::string_view> enumerators(TypeTag<PrintOutput>) noexcept {
    static constexpr std::array<std::string_view, 2> names{"stdout", "stderr"};
    return names;
}

const StructDescription& describe(TypeTag<PrintStageConfig>) {
    static const StructDescription description =
        Describer<Config>("PrintStageConfig", "Shows messages on standard output.")
            .field("subscribe", &Config::subscribe, "The channels to show, of any type.")
            .required()
            .field("format", &Config::format,
                   "`text`: a line per packet or frame, control characters escaped. `hex`: 16 "
                   "bytes a line. "
                   "`json`: an object per message, the bytes in base64.")
            .field("rate_limit_hz", &Config::rate_limit_hz,
                   "How many messages are shown per second; the others are counted. 0 = all.")
            .range(0, 1e6)
            .unit("messages per second")
            .field("max_bytes", &Config::max_bytes,
                   "How many bytes of a message `text` and `hex` show.")
            .range(1, 16.0 * 1024 * 1024)
            .unit("bytes")
            .field("output", &Config::output, "The stream to write to.")
            .check(check);
    return description;
}

std::span<const StageChannel> stage_channels(TypeTag<PrintStage>) noexcept {
    static constexpr std::array<StageChannel, 1> channels{
        {{"<subscribe>", StageChannel::Direction::subscribes, "any", "What is shown."}}};
    return channels;
}

}  // namespace sluice
