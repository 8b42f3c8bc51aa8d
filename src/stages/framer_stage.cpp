#include "sluice/stages/framer_stage.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <utility>

#include "sluice/core/log.hpp"
#include "sluice/messages/egress_packet.hpp"
#include "sluice/messages/frame_group.hpp"
#include "sluice/messages/tcp_packet_group.hpp"
#include "stages/config_error.hpp"
#include "stages/frame_memory.hpp"
#include "stages/frame_publisher.hpp"
#include "stages/framer_egress.hpp"

namespace sluice {
namespace {

using Config = FramerStageConfig;
using Outcome = FramePublisher::Outcome;

constexpr Duration stats_period = std::chrono::seconds(1);
/// Memory comes back on threads that cannot wake a stage.
constexpr Duration retry_delay = std::chrono::milliseconds(1);

/// Callbacks begin with credit.
bool has_credit() {
    return true;
}

/// Whether the framing finds the next frame after a hole, once the torn one is over.
bool can_go_on_torn(const std::optional<Framing>& framing) {
    return framing && (framing->kind == FramingKind::delimiter ||
                       framing->kind == FramingKind::slip || framing->kind == FramingKind::cobs);
}

}  // namespace

struct FramerStage::State {
    State(Config given, std::shared_ptr<const Framer> framer)
        : config(std::move(given)), own_framer(std::move(framer)) {}

    void initialize(StageInterface& interface);
    Result<void> start();
    void stop();
    [[nodiscard]] Result<void> check() const;

    void on_group(const Delivery<TcpPacketGroup>& delivery);
    [[nodiscard]] bool take(const TcpPacketGroup& group);
    [[nodiscard]] bool take(const TcpPacketGroup& group, const TcpPacket& packet);
    void follow(const TcpPacketGroup& group, const TcpPacket& packet);
    [[nodiscard]] bool publish();
    [[nodiscard]] bool relieve();
    void retry();
    void watch_time();
    void on_timeout();
    void publish_stats(WithoutCredit without_credit);

    const Config config;
    const std::shared_ptr<const Framer> own_framer;
    StageInterface* pipeline = nullptr;
    std::optional<BufferPool> pool;  // outlives what holds its memory
    Publisher<FrameGroup> frames;
    Publisher<FramerStats> stats;
    Publisher<EgressPacket> egress_target;
    StageTimer stats_timer;
    StageTimer frame_timer;
    StageTimer retry_timer;

    std::optional<FramePublisher> framing;
    std::optional<FramerEgress> egress;
    bool is_running = false;
    bool is_timer_armed = false;
    std::uint64_t connection = 0;  // 0: none yet
    std::uint64_t next_offset = 0;
    std::uint64_t groups = 0;
    std::uint64_t dropped_groups = 0;
    std::uint64_t holes = 0;
    // While there is no memory: groups that wait, the first of them from one of its packets on.
    std::deque<MessagePtr<TcpPacketGroup>> backlog;
    std::size_t packets_taken = 0;
    bool is_appended = false;  // that packet was, its frames wait
};

void FramerStage::State::initialize(StageInterface& interface) {
    pipeline = &interface;
    frames = interface.publisher<FrameGroup>("frames");
    stats = interface.publisher<FramerStats>("framer_stats");
    stats_timer = interface.timer([this] { publish_stats(WithoutCredit::refuse); });
    frame_timer = interface.timer([this] { on_timeout(); });
    retry_timer = interface.timer([this] { retry(); });
    interface.subscribe<TcpPacketGroup>(
        config.input.channel, config.input.options(),
        [this](const Delivery<TcpPacketGroup>& delivery) { on_group(delivery); });
    if (!config.egress.empty()) {
        egress_target =
            interface.publisher<EgressPacket>(config.egress, {.on_shared_thread = true});
        interface.subscribe<EgressPacket>(
            "egress_messages", {.delivery = DeliveryMode::inline_concurrent},
            [this](const Delivery<EgressPacket>& delivery) { egress->send(delivery.message()); });
    }
}

Result<void> FramerStage::State::check() const {
    if ((own_framer != nullptr) == config.framing.has_value()) {
        return Error(Errc::invalid_argument, own_framer != nullptr
                                                 ? "framing is given together with a framer"
                                                 : "framing is missing");
    }
    return validate(describe(TypeTag<Config>{}), &config);
}

Result<void> FramerStage::State::start() {
    if (Result<void> checked = check(); !checked) {
        return checked;
    }
    const StageFraming found =
        own_framer != nullptr ? stage_framing(own_framer) : stage_framing(*config.framing);
    const std::uint64_t size_b =
        config.pool_size_b.value_or(default_pool_size_b(found.framer.get(), framer_slab_size_b));
    if (std::string problem = frame_memory_problem(*found.framer, size_b, framer_slab_size_b);
        !problem.empty()) {
        return Error(Errc::invalid_argument, "pool_size_b " + std::move(problem));
    }
    pool.emplace(BufferPoolOptions{.size_b = size_b, .slab_size_b = framer_slab_size_b});
    framing.emplace(pipeline->name(), frames, found, *pool);
    egress.emplace(pipeline->name(), egress_target, found.framer,
                   config.framing ? head_b(*config.framing) : 0, *pool);
    stats_timer.arm_every(stats_period);
    is_running = true;
    return {};
}

void FramerStage::State::stop() {
    if (!std::exchange(is_running, false)) {
        return;
    }
    if (!backlog.empty()) {
        retry();
    }
    if (connection != 0 && framing->end_stream(true) == Outcome::no_memory) {
        log(LogLevel::warning, "frames_lost",
            {{"stage", pipeline->name()}, {"bytes", framing->statistics().buffered}});
    }
    dropped_groups += backlog.size();
    backlog.clear();
    publish_stats(WithoutCredit::overdraw);
}

void FramerStage::State::on_group(const Delivery<TcpPacketGroup>& delivery) {
    ++groups;
    if (backlog.empty()) {
        packets_taken = 0;
        is_appended = false;
        if (!take(delivery.message())) {
            backlog.push_back(delivery.keep());
            retry_timer.arm(pipeline->now() + retry_delay);
        }
        watch_time();
    } else if (backlog.size() < config.input.queue_depth) {
        backlog.push_back(delivery.keep());
    } else {
        ++dropped_groups;  // a hole, when the next one comes
    }
}

/// Cuts the packets of a group that were not taken yet; false if there is no memory now.
bool FramerStage::State::take(const TcpPacketGroup& group) {
    for (; packets_taken < group.packets.size(); ++packets_taken) {
        if (!take(group, group.packets[packets_taken])) {
            return false;
        }
    }
    return true;
}

bool FramerStage::State::take(const TcpPacketGroup& group, const TcpPacket& packet) {
    if (!is_appended) {
        follow(group, packet);
        while (!framing->append(packet, pipeline->now())) {
            if (!relieve()) {
                return false;
            }
        }
        next_offset = packet.stream_offset + packet.data.size();
        is_appended = true;
    }
    if (!publish()) {
        return false;
    }
    is_appended = false;
    return true;
}

/// Begins a new stream where this packet is not what follows the last one.
void FramerStage::State::follow(const TcpPacketGroup& group, const TcpPacket& packet) {
    const bool is_new = group.connection != connection;
    const bool is_torn = packet.stream_offset != (is_new ? 0 : next_offset);
    if (!is_new && !is_torn) {
        return;
    }
    if (is_new && connection != 0) {
        // What cannot be had for want of memory is skipped.
        static_cast<void>(framing->end_stream(false));
    }
    holes += is_torn ? 1 : 0;
    connection = group.connection;
    next_offset = packet.stream_offset;
    framing->begin_stream({.connection = group.connection,
                           .peer = group.peer,
                           .offset = packet.stream_offset,
                           .is_torn = is_torn && can_go_on_torn(config.framing)});
    if (is_torn && !can_go_on_torn(config.framing) && !framing->decoder().framer().hunts()) {
        framing->fail(FrameFault::bad_sync);
    }
}

/// Publishes what is whole; false if there is no memory now.
bool FramerStage::State::publish() {
    while (framing->publish(has_credit) == Outcome::no_memory) {
        if (!relieve()) {
            return false;
        }
    }
    return true;
}

/// Takes the oldest messages out of queues that may lose them, until memory came back.
bool FramerStage::State::relieve() {
    const std::size_t used_b = pool->statistics().used_b;
    while (pool->statistics().used_b >= used_b) {
        if (!frames.reclaim_oldest()) {
            return false;
        }
    }
    return true;
}

void FramerStage::State::retry() {
    while (!backlog.empty() && take(*backlog.front())) {
        backlog.pop_front();
        packets_taken = 0;
    }
    if (!backlog.empty() && is_running) {
        retry_timer.arm(pipeline->now() + retry_delay);
    }
    watch_time();
}

/// The timer is lazy: a frame moves it not, it looks when it is due.
void FramerStage::State::watch_time() {
    const SteadyTime begin = framing->frame_begin();
    if (is_running && begin != never && !std::exchange(is_timer_armed, true)) {
        frame_timer.arm(saturating_add(begin, std::chrono::milliseconds(config.frame_timeout_ms)));
    }
}

void FramerStage::State::on_timeout() {
    is_timer_armed = false;
    const SteadyTime begin = framing->frame_begin();
    const auto timeout = std::chrono::milliseconds(config.frame_timeout_ms);
    if (!backlog.empty()) {  // time rests
        is_timer_armed = true;
        frame_timer.arm(pipeline->now() + timeout);
        return;
    }
    if (begin != never && saturating_add(begin, timeout) <= pipeline->now()) {
        framing->fail(FrameFault::timeout);
        static_cast<void>(publish());
    }
    watch_time();
}

void FramerStage::State::publish_stats(WithoutCredit without_credit) {
    Draft<FramerStats> draft = stats.draft();
    draft->stage = pipeline->name();
    draft->time = pipeline->system_now();
    draft->connection = connection;
    draft->groups = groups;
    draft->dropped_groups = dropped_groups;
    draft->holes = holes;
    draft->framing = framing->statistics();
    draft->egress = egress->counts();
    static_cast<void>(stats.publish(std::move(draft), without_credit));
}

FramerStage::FramerStage(Config config, std::shared_ptr<const Framer> framer)
    : state_(std::make_unique<State>(std::move(config), std::move(framer))) {}

FramerStage::~FramerStage() = default;

void FramerStage::initialize(StageInterface& pipeline) {
    state_->initialize(pipeline);
}

Result<void> FramerStage::start() {
    return state_->start();
}

void FramerStage::stop() {
    state_->stop();
}

std::span<const StageChannel> stage_channels(TypeTag<FramerStage>) noexcept {
    using Direction = StageChannel::Direction;
    static constexpr std::array<StageChannel, 5> channels{{
        {"<input>", Direction::subscribes, "TcpPacketGroup", "The stream to cut."},
        {"frames", Direction::publishes, "FrameGroup", "What each packet made whole."},
        {"framer_stats", Direction::publishes, "FramerStats",
         "What became of the stream, once a second and at the end."},
        {"egress_messages", Direction::subscribes, "EgressPacket",
         "With `egress`: messages to be framed."},
        {"<egress>", Direction::publishes, "EgressPacket", "The same, framed."},
    }};
    return channels;
}

}  // namespace sluice
