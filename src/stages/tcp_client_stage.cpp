#include "sluice/stages/tcp_client_stage.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <optional>
#include <utility>

#include "sluice/core/log.hpp"
#include "sluice/messages/connection_state.hpp"
#include "sluice/messages/egress_packet.hpp"
#include "sluice/messages/frame_group.hpp"
#include "sluice/messages/socket_stats.hpp"
#include "sluice/messages/tcp_packet_group.hpp"
#include "sluice/net/event_loop_thread.hpp"
#include "sluice/net/link.hpp"
#include "sluice/net/timer.hpp"
#include "stages/client_framing.hpp"
#include "stages/config_error.hpp"
#include "stages/frame_memory.hpp"
#include "stages/packet_grouper.hpp"
#include "stages/socket_stats_fill.hpp"
#include "stages/tcp_client_options.hpp"

namespace sluice {
namespace {

constexpr Duration stats_period = std::chrono::seconds(1);

/// A group may fill a quarter of the pool; less if many subscribers may drop messages, since each
/// of them may just be using one that cannot be taken from it.
std::size_t group_payload_max(std::size_t pool_b, std::size_t lossy_subscribers) {
    return pool_b / std::max<std::size_t>(4, lossy_subscribers + 2);
}

}  // namespace

struct TcpClientStage::State final : net::LinkHandler {
    State(TcpClientStageConfig config_in, net::EventLoop* shared_loop_in,
          std::shared_ptr<const Framer> framer)
        : config(std::move(config_in)),
          shared_loop(shared_loop_in),
          own_framer(std::move(framer)) {}

    void initialize(StageInterface& interface);
    Result<void> start();
    [[nodiscard]] Result<void> check_config() const;
    [[nodiscard]] Result<void> start_loop();
    [[nodiscard]] bool has_framing() const { return own_framer != nullptr || config.framing; }
    [[nodiscard]] StageFraming stage_framing() const {
        return own_framer != nullptr ? sluice::stage_framing(own_framer)
                                     : sluice::stage_framing(*config.framing);
    }
    [[nodiscard]] Result<void> check_pool() const;

    // Any thread.
    void send(const EgressPacket& packet);
    void warn_too_large(const EgressPacket& packet);

    // The event loop's thread.
    void on_packet(net::Packet&& packet) override;
    net::ReceiveWish receive_wish() override {
        return framing ? framing->wish() : net::ReceiveWish{};
    }
    bool on_starved() override;
    void on_resumed() override;
    void on_state(const net::LinkStatus& status) override;
    void start_timers();
    bool find_credit();
    bool relieve();
    bool publish_frames();
    void look_at_group();
    void publish_group();
    void publish_state(const net::LinkStatus& status);
    void tick();
    void publish_stats();
    void fill_stats(SocketStats& stats);

    const TcpClientStageConfig config;
    net::EventLoop* const shared_loop;
    const std::shared_ptr<const Framer> own_framer;
    StageInterface* pipeline = nullptr;
    Publisher<TcpPacketGroup> groups;
    Publisher<FrameGroup> frames;  // of no channel without framing
    Publisher<ConnectionState> states;
    Publisher<SocketStats> stats;

    // Kept until the stage is destroyed, because subscribers may hold memory of its pool.
    std::unique_ptr<net::EventLoopThread> own_loop;
    net::EventLoop* loop = nullptr;
    RealtimeStatus realtime = RealtimeStatus::off;

    std::atomic<bool> has_warned{false};

    // The event loop's thread only.
    std::optional<PacketGrouper> grouper;
    std::optional<ClientFraming> framing;
    std::optional<RateMeter> rates;
    std::optional<net::Timer> group_timer;
    std::optional<net::Timer> stats_timer;
    std::string peer;

    std::optional<net::Link> link;  // last: it calls until it is gone
    std::atomic<net::Link*> started_link{
        nullptr};  // for on_credit, which may come before the start
};

void TcpClientStage::State::initialize(StageInterface& interface) {
    pipeline = &interface;
    interface.require_real_time();
    const bool is_shared = shared_loop != nullptr;
    groups = interface.publisher<TcpPacketGroup>("packet_group", {.on_shared_thread = is_shared});
    if (has_framing()) {
        frames = interface.publisher<FrameGroup>("frames", {.on_shared_thread = is_shared});
    }
    states = interface.publisher<ConnectionState>("connection_state",
                                                  {.latched = true, .on_shared_thread = is_shared});
    stats = interface.publisher<SocketStats>("socket_stats", {.on_shared_thread = is_shared});
    interface.subscribe<EgressPacket>(
        "egress_packets", {.delivery = DeliveryMode::inline_concurrent},
        [this](const Delivery<EgressPacket>& delivery) { send(delivery.message()); });
    interface.set_on_credit([this] {
        if (net::Link* const started = started_link.load(std::memory_order_acquire)) {
            started->resume();
        }
    });
}

Result<void> TcpClientStage::State::start() {
    if (Result<void> valid = check_config(); !valid) {
        return valid;
    }
    if (Result<void> started = start_loop(); !started) {
        return started;
    }
    if (Result<void> fits = check_pool(); !fits) {
        return fits;
    }
    const std::size_t pool_b = loop->receive_pool().statistics().size_b;
    const std::size_t lossy_subscribers =
        groups.lossy_subscriber_count() + (has_framing() ? frames.lossy_subscriber_count() : 0);
    grouper.emplace(groups, PacketGrouper::Limits{
                                .packets = config.group_size,
                                .payload_b = group_payload_max(pool_b, lossy_subscribers),
                                .timeout = std::chrono::milliseconds(config.group_timeout_ms)});
    link.emplace(*loop, link_options(config), *this);
    started_link.store(&*link, std::memory_order_release);
    return {};
}

Result<void> TcpClientStage::State::check_config() const {
    if (!config.event_loop.empty() && shared_loop == nullptr) {
        return Error(Errc::invalid_argument,
                     "event_loop is " + config.event_loop + ", but no shared loop was given");
    }
    if (own_framer != nullptr && config.framing) {
        return Error(Errc::invalid_argument, "framing is given together with a framer");
    }
    TcpClientStageConfig judged = config;
    if (shared_loop != nullptr && judged.event_loop.empty()) {
        judged.event_loop = "that was given";
    }
    return validate(describe(TypeTag<TcpClientStageConfig>{}), &judged);
}

/// The configuration knows neither the pool of a shared loop nor a framer of the program's own.
Result<void> TcpClientStage::State::check_pool() const {
    if (!has_framing()) {
        return {};
    }
    const BufferPool& pool = loop->receive_pool();
    std::string problem = frame_memory_problem(*stage_framing().framer, pool.statistics().size_b,
                                               std::bit_ceil(pool.slab_capacity()));
    if (!problem.empty()) {
        return Error(Errc::invalid_argument, "receive_pool_size_b " + std::move(problem));
    }
    return {};
}

Result<void> TcpClientStage::State::start_loop() {
    loop = shared_loop;
    if (loop != nullptr) {
        return {};
    }
    const std::shared_ptr<const Framer> framer = has_framing() ? stage_framing().framer : nullptr;
    Result<std::unique_ptr<net::EventLoopThread>> started = net::EventLoopThread::start(
        loop_options(config, framer.get()), thread_options(config, pipeline->name()));
    if (!started) {
        return started.error();
    }
    own_loop = *std::move(started);
    loop = &own_loop->loop();
    if (config.thread_priority > 0) {
        realtime =
            own_loop->thread().realtime_denied() ? RealtimeStatus::denied : RealtimeStatus::granted;
    }
    return {};
}

void TcpClientStage::State::send(const EgressPacket& packet) {
    const Result<void> pushed = link->egress().try_push(packet.data, packet.fragments);
    if (!pushed && pushed.error().code() == Errc::too_large && !has_warned.exchange(true)) {
        warn_too_large(packet);
    }
}

void TcpClientStage::State::warn_too_large(const EgressPacket& packet) {
    log(LogLevel::warning, "egress_too_large",
        {{"stage", pipeline->name()},
         {"bytes", std::uint64_t{packet.payload_b()}},
         {"egress_buffer_size_b", config.egress_buffer_size_b}});
}

void TcpClientStage::State::on_packet(net::Packet&& packet) {
    if (framing) {
        framing->take(packet);
    }
    grouper->add(std::move(packet));
    look_at_group();
}

bool TcpClientStage::State::on_starved() {
    const bool is_relieved = find_credit() && relieve();
    if (!is_relieved && framing) {
        framing->on_starved();
    }
    return is_relieved;
}

/// Memory is used up: what is gathered goes to the subscribers, and what waits in the queues of
/// those that may lose messages is given up, the oldest first, until something came back.
bool TcpClientStage::State::relieve() {
    const BufferPool& pool = loop->receive_pool();
    const std::size_t used_b = pool.statistics().used_b;
    publish_group();
    while (pool.statistics().used_b >= used_b) {
        const bool gave_up = pipeline->has_credit() &&
                             (groups.reclaim_oldest() || (framing && frames.reclaim_oldest()));
        if (!gave_up) {
            return false;
        }
    }
    return true;
}

void TcpClientStage::State::on_resumed() {
    if (framing) {
        framing->on_resumed();
    }
    look_at_group();
}

/// Publishes the frames that are whole; false without credit.
bool TcpClientStage::State::publish_frames() {
    while (framing) {
        switch (framing->publish([this] { return find_credit(); })) {
            case FramePublisher::Outcome::need_bytes:
                return true;
            case FramePublisher::Outcome::no_credit:
                return false;
            case FramePublisher::Outcome::no_memory:
                if (!relieve()) {
                    framing->wait_for_memory();
                    return true;
                }
                break;
            case FramePublisher::Outcome::closed:
                link->disconnect(framing->reason());
                return true;
        }
    }
    return true;
}

void TcpClientStage::State::on_state(const net::LinkStatus& status) {
    const bool is_stopped = status.state == net::LinkState::stopped;
    if (!is_stopped && !stats_timer) {
        start_timers();
    }
    if (framing) {
        framing->end_connection(is_stopped, [this] { return relieve(); });
    }
    grouper->publish();
    peer = status.peer ? status.peer->to_string() : std::string();
    if (status.state == net::LinkState::up) {
        grouper->begin_connection(status.connection, peer);
        if (framing) {
            framing->begin_connection(status.connection, peer);
        }
    }
    publish_state(status);
    if (is_stopped && stats_timer) {
        publish_stats();  // the last word: what was received, sent and dropped in all
        framing.reset();
        group_timer.reset();
        stats_timer.reset();
    }
}

void TcpClientStage::State::start_timers() {
    rates.emplace(loop->now());
    group_timer.emplace(*loop, [this] { look_at_group(); });
    stats_timer.emplace(*loop, [this] { tick(); });
    stats_timer->arm(loop->now() + stats_period);
    if (has_framing()) {
        framing.emplace(*loop, *link, frames,
                        ClientFraming::Options{
                            .stage = pipeline->name(),
                            .framing = stage_framing(),
                            .frame_timeout = std::chrono::milliseconds(config.frame_timeout_ms)},
                        [this] { publish_frames(); });
    }
}

/// Whether a message may be published now. If not, reading pauses until there is credit.
bool TcpClientStage::State::find_credit() {
    if (pipeline->has_credit()) {
        return true;
    }
    link->pause();
    if (framing) {
        framing->on_paused();
    }
    if (!pipeline->has_credit()) {
        return false;
    }
    link->resume();  // it came back meanwhile; the pause may have overruled what it told
    return true;
}

/// Publishes frames, and then the open group if it is full or has waited long enough. Timers are
/// lazy: a packet moves none, one that is early looks again later. Without credit, on_resumed
/// looks.
void TcpClientStage::State::look_at_group() {
    if (!publish_frames() || !grouper->is_open()) {
        return;
    }
    if (grouper->is_full() || loop->now() >= grouper->deadline()) {
        if (find_credit()) {
            publish_group();
        }
    } else if (grouper->deadline() != never && !group_timer->is_armed()) {
        group_timer->arm(grouper->deadline());
    }
}

void TcpClientStage::State::publish_group() {
    grouper->publish();
    find_credit();
}

void TcpClientStage::State::publish_state(const net::LinkStatus& status) {
    using std::chrono::milliseconds;
    Draft<ConnectionState> draft = states.draft();
    draft->stage = pipeline->name();
    draft->time = pipeline->system_now();
    draft->state = connection_status(status.state);
    if (status.reason) {
        draft->reason = name(status.reason->code());
        draft->message = status.reason->message();
    }
    draft->connection = status.connection;
    draft->peer = peer;
    draft->retry_after_ms = static_cast<std::uint32_t>(
        std::chrono::duration_cast<milliseconds>(status.retry_after).count());
    draft->realtime = realtime;
    static_cast<void>(states.publish(std::move(draft), WithoutCredit::overdraw));
}

void TcpClientStage::State::tick() {
    stats_timer->arm(std::max(stats_timer->when(), loop->now() - stats_period) + stats_period);
    if (stats.has_credit()) {  // whoever is slow with the data must not hide that it is
        publish_frames();
        publish_stats();
        find_credit();
    }
}

void TcpClientStage::State::publish_stats() {
    Draft<SocketStats> draft = stats.draft();
    fill_stats(*draft);
    static_cast<void>(stats.publish(std::move(draft), WithoutCredit::overdraw));
}

void TcpClientStage::State::fill_stats(SocketStats& filled) {
    filled.stage = pipeline->name();
    filled.time = pipeline->system_now();
    filled.peer = peer;
    filled.realtime = realtime;
    filled.received = grouper->received();
    filled.open_group = grouper->open_group();
    filled.published = grouper->published();
    const net::LinkStatistics look = link->statistics();
    fill_link_part(filled, look);
    if (framing) {
        filled.framing = framing->statistics();
        filled.framing->copied += look.moved_bytes;
    }
    const BufferPoolStatistics pool = loop->receive_pool().statistics();
    filled.pool.size = pool.size_b;
    filled.pool.used = pool.used_b;
    filled.pool.peak = pool.used_b_max;
    filled.pool.holders = groups.holders();
    if (framing) {
        for (std::string& holder : frames.holders()) {
            if (std::find(filled.pool.holders.begin(), filled.pool.holders.end(), holder) ==
                filled.pool.holders.end()) {
                filled.pool.holders.push_back(std::move(holder));
            }
        }
    }
    filled.rates = rates->measure(filled, loop->now());
}

TcpClientStage::TcpClientStage(TcpClientStageConfig config, net::EventLoop* shared_loop,
                               std::shared_ptr<const Framer> framer)
    : state_(std::make_unique<State>(std::move(config), shared_loop, std::move(framer))) {}

TcpClientStage::~TcpClientStage() = default;

void TcpClientStage::initialize(StageInterface& pipeline) {
    state_->initialize(pipeline);
}

Result<void> TcpClientStage::start() {
    return state_->start();
}

void TcpClientStage::begin() {
    state_->link->start();
}

void TcpClientStage::stop() {
    if (state_->link) {
        state_->link->stop();
    }
}

std::span<const StageChannel> stage_channels(TypeTag<TcpClientStage>) noexcept {
    using Direction = StageChannel::Direction;
    static constexpr std::array<StageChannel, 5> channels{{
        {"packet_group", Direction::publishes, "TcpPacketGroup", "What the device sent."},
        {"frames", Direction::publishes, "FrameGroup", "With `framing`: the same in frames."},
        {"connection_state", Direction::publishes, "ConnectionState",
         "Every change of the connection, with the reason; the last one is kept."},
        {"socket_stats", Direction::publishes, "SocketStats",
         "Figures of the connection, once a second."},
        {"egress_packets", Direction::subscribes, "EgressPacket", "What is sent to the device."},
    }};
    return channels;
}

}  // namespace sluice
