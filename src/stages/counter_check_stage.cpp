#include "sluice/stages/counter_check_stage.hpp"

#include <array>
#include <limits>

#include "sluice/core/log.hpp"
#include "sluice/messages/counter_record.hpp"
#include "sluice/messages/tcp_packet_group.hpp"
#include "stages/config_error.hpp"

namespace sluice {
namespace {

using Config = CounterCheckStageConfig;
using messages::CounterChecker;
using messages::CounterCheckStatistics;
using messages::CounterGap;
using messages::GapCause;

constexpr Duration period = std::chrono::seconds(1);
constexpr std::uint64_t logged_gaps_max = 10;  // in a period

void check(const Config& config, std::vector<Complaint>& complaints) {
    if (config.subscribe.empty()) {
        complaints.push_back(
            {.key = "subscribe", .message = "is empty; give at least one channel"});
    }
}

CounterLoss loss_of(const CounterCheckStatistics& statistics, GapCause cause) {
    return {statistics[cause].gaps, statistics[cause].lost_records};
}

}  // namespace

struct CounterCheckStage::State {
    /// One channel.
    struct Input {
        std::string channel;
        CounterChecker checker;
        std::uint64_t lost_groups = 0;
    };

    explicit State(Config given) : config(std::move(given)) {}

    void add_input(const SubscriptionConfig& subscription);
    void on_group(Input& input, const Delivery<TcpPacketGroup>& delivery);
    void on_gap(const Input& input, const CounterGap& gap);
    void on_tick();
    void tell_gaps_not_logged();
    void publish(const Input& input, WithoutCredit without_credit);
    [[nodiscard]] std::uint64_t records() const;

    const Config config;
    StageInterface* pipeline = nullptr;
    Publisher<CounterStats> publisher;
    StageTimer timer;
    std::vector<std::unique_ptr<Input>> inputs;
    std::uint64_t gaps = 0;  // since the last tick
    bool is_running = false;
};

void CounterCheckStage::State::add_input(const SubscriptionConfig& subscription) {
    Input& input = *inputs.emplace_back(std::make_unique<Input>());
    input.channel = subscription.channel;
    input.checker = CounterChecker([this, &input](const CounterGap& gap) { on_gap(input, gap); });
    pipeline->subscribe<TcpPacketGroup>(
        subscription.channel, subscription.options(),
        [this, &input](const Delivery<TcpPacketGroup>& delivery) { on_group(input, delivery); });
}

void CounterCheckStage::State::on_group(Input& input, const Delivery<TcpPacketGroup>& delivery) {
    input.channel = delivery.channel();
    input.lost_groups += delivery.lost_before();
    const TcpPacketGroup& group = delivery.message();
    for (const TcpPacket& packet : group.packets) {
        input.checker.feed(group.connection, packet.stream_offset, packet.data.bytes());
    }
    if (config.stop_after_records > 0 && records() >= config.stop_after_records) {
        pipeline->request_stop();
    }
}

void CounterCheckStage::State::on_gap(const Input& input, const CounterGap& gap) {
    if (config.log_gaps && ++gaps <= logged_gaps_max) {
        log(LogLevel::warning, "counter_gap",
            {{"stage", pipeline->name()},
             {"channel", input.channel},
             {"cause", name(gap.cause)},
             {"connection", gap.connection},
             {"first_missing", gap.first_missing},
             {"records", gap.count}});
    }
}

void CounterCheckStage::State::tell_gaps_not_logged() {
    if (gaps > logged_gaps_max) {
        log(LogLevel::warning, "counter_gaps_not_logged",
            {{"stage", pipeline->name()}, {"gaps", gaps - logged_gaps_max}});
    }
    gaps = 0;
}

void CounterCheckStage::State::on_tick() {
    tell_gaps_not_logged();
    for (const std::unique_ptr<Input>& input : inputs) {
        publish(*input, WithoutCredit::refuse);
    }
}

void CounterCheckStage::State::publish(const Input& input, WithoutCredit without_credit) {
    const CounterCheckStatistics& seen = input.checker.statistics();
    Draft<CounterStats> stats = publisher.draft();
    stats->stage = pipeline->name();
    stats->time = pipeline->system_now();
    stats->channel = input.channel;
    stats->connections = seen.connections;
    stats->records = seen.records;
    stats->repeated_records = seen.repeated_records;
    stats->corrupt_records = seen.corrupt_records;
    stats->incomplete_records = seen.incomplete_records;
    stats->bytes = seen.bytes;
    stats->skipped_bytes = seen.skipped_bytes;
    stats->lost_groups = input.lost_groups;
    stats->lost = {loss_of(seen, GapCause::disconnect), loss_of(seen, GapCause::dropped),
                   loss_of(seen, GapCause::unexplained)};
    static_cast<void>(publisher.publish(std::move(stats), without_credit));
}

std::uint64_t CounterCheckStage::State::records() const {
    std::uint64_t records = 0;
    for (const std::unique_ptr<Input>& input : inputs) {
        records += input->checker.statistics().records;
    }
    return records;
}

CounterCheckStage::CounterCheckStage(Config config)
    : state_(std::make_unique<State>(std::move(config))) {}

CounterCheckStage::~CounterCheckStage() = default;

void CounterCheckStage::initialize(StageInterface& pipeline) {
    State& state = *state_;
    state.pipeline = &pipeline;
    state.publisher = pipeline.publisher<CounterStats>("counter_stats");
    state.timer = pipeline.timer([&state] { state.on_tick(); });
    for (const SubscriptionConfig& subscription : state.config.subscribe) {
        state.add_input(subscription);
    }
}

Result<void> CounterCheckStage::start() {
    if (Result<void> checked = validate(describe(TypeTag<Config>{}), &state_->config); !checked) {
        return checked;
    }
    state_->timer.arm_every(period);
    state_->is_running = true;
    return {};
}

void CounterCheckStage::stop() {
    if (!state_->is_running) {
        return;
    }
    state_->is_running = false;
    state_->tell_gaps_not_logged();
    for (const std::unique_ptr<State::Input>& input : state_->inputs) {
        input->checker.end_connection();
        state_->publish(*input, WithoutCredit::overdraw);
    }
}

const StructDescription& describe(TypeTag<CounterCheckStageConfig>) {
    static const StructDescription description =
        Describer<Config>("CounterCheckStageConfig",
                          "Checks the streams of counting devices: what came, what is missing, "
                          "and why.")
            .field("subscribe", &Config::subscribe,
                   "The channels of packet groups to check, each a stream of its own.")
            .required()
            .field("log_gaps", &Config::log_gaps,
                   "Whether gaps are logged, at most 10 a second, and how many more there were.")
            .field("stop_after_records", &Config::stop_after_records,
                   "Asks the pipeline to stop after so many right records; 0 = never.")
            .range(0, 1e15)
            .unit("records")
            .check(check);
    return description;
}

const StructDescription& describe(TypeTag<CounterLoss>) {
    using Self = CounterLoss;
    static const StructDescription description =
        Describer<Self>("CounterLoss", "Records that are missing for one cause.")
            .field("gaps", &Self::gaps, "How often the count jumped.")
            .field("records", &Self::records, "How many are missing.");
    return description;
}

const StructDescription& describe(TypeTag<CounterLosses>) {
    using Self = CounterLosses;
    static const StructDescription description =
        Describer<Self>("CounterLosses", "Missing records by cause.")
            .field("disconnect", &Self::disconnect, "From one connection to the next.")
            .field("dropped", &Self::dropped, "Received, and lost on the way here.")
            .field("unexplained", &Self::unexplained,
                   "The device left them out, or bytes were changed.");
    return description;
}

const StructDescription& describe(TypeTag<CounterStats>) {
    using Self = CounterStats;
    static const StructDescription description =
        Describer<Self>("CounterStats", "What was seen on one channel since the start.")
            .field("stage", &Self::stage, "The stage's name.")
            .field("time_ns", &Self::time, "Since the epoch of Unix.")
            .unit("nanoseconds")
            .field("channel", &Self::channel, "Which was checked.")
            .field("connections", &Self::connections, "That data came from.")
            .field("records", &Self::records, "Whole and right.")
            .field("repeated_records", &Self::repeated_records,
                   "Right, but with a number that was passed already.")
            .field("corrupt_records", &Self::corrupt_records, "Whole and wrong; missing, too.")
            .field("incomplete_records", &Self::incomplete_records, "Begun and cut off.")
            .field("bytes", &Self::bytes, "All that came.")
            .field("skipped_bytes", &Self::skipped_bytes, "Of records that are not complete.")
            .field("lost_groups", &Self::lost_groups, "That the subscription dropped.")
            .field("lost", &Self::lost, "Missing records by cause.");
    return description;
}

std::span<const StageChannel> stage_channels(TypeTag<CounterCheckStage>) noexcept {
    static constexpr std::array<StageChannel, 2> channels{{
        {"<subscribe>", StageChannel::Direction::subscribes, "TcpPacketGroup",
         "The streams to check."},
        {"counter_stats", StageChannel::Direction::publishes, "CounterStats",
         "What was seen, for each channel, once a second and at the end."},
    }};
    return channels;
}

}  // namespace sluice
