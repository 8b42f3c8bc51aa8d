#include "sluice/net/link.hpp"

#include <atomic>
#include <utility>

#include "net/backoff.hpp"
#include "net/completion.hpp"
#include "net/connector.hpp"
#include "net/event_loop_state.hpp"
#include "net/peer_health.hpp"
#include "sluice/core/check.hpp"
#include "sluice/net/stream.hpp"
#include "sluice/sync/mutex.hpp"
#include "sluice/sys/random.hpp"

namespace sluice::net {

std::string_view name(LinkState state) noexcept {
    switch (state) {
        case LinkState::idle:
            return "idle";
        case LinkState::resolving:
            return "resolving";
        case LinkState::connecting:
            return "connecting";
        case LinkState::up:
            return "up";
        case LinkState::waiting:
            return "waiting";
        case LinkState::stopped:
            break;
    }
    return "stopped";
}

struct Link::State final : LoopHandler, ConnectorHandler, StreamHandler {
    State(EventLoop& loop_in, LinkOptions options_in, LinkHandler& handler_in);

    // What the parts tell.
    void on_signal() override;
    void on_connecting(const SocketAddress& peer) override;
    void on_connected(sys::Descriptor socket, const SocketAddress& peer) override;
    void on_failed(const Error& reason) override;
    void on_packet(Packet&& packet) override;
    ReceiveWish receive_wish() override { return handler.receive_wish(); }
    bool on_starved() override;
    void on_end(const Error& reason) override;
    void on_data_timer();

    // The course of a link.
    void enter_loop();
    void begin_attempt();
    void begin_connection(sys::Descriptor socket, SocketAddress::Family family);
    [[nodiscard]] Result<std::unique_ptr<Stream>> open_stream(sys::Descriptor socket);
    void take_look(const sys::TcpInfo& info);
    void count_moved() SLUICE_REQUIRES(mutex);
    /// Ends the connection from this side and goes on as after any other end.
    void disconnect(const Error& reason);
    /// The same at the handler's wish: at once, or when its callback has returned.
    void request_end(const Error& reason);
    void go_on_after(const Error& reason);
    void shut_down(std::optional<Error> reason);

    void apply_requests();
    void resume();
    void arm_data_timer(SteadyTime silent_since);
    void tell_state(LinkState state, std::optional<Error> reason = {}, Duration retry_after = {});
    void leave_callback();
    /// Lets `on_signal` be called on the loop's thread; nothing if the link is not there. Any
    /// thread.
    void signal() { loop.state().signal(token.load(std::memory_order_acquire)); }

    EventLoop& loop;
    const LinkOptions options;
    LinkHandler& handler;
    TransmitQueue egress;
    std::atomic<std::uint64_t> token{HandlerTable::no_token};

    // Charged with what all connections received, which may outlive them. Opened with the first.
    BufferAccount account;
    std::atomic<bool> has_account{false};

    // The loop's thread only.
    Connector connector;
    std::unique_ptr<Stream> stream;
    Backoff backoff;
    PeerHealth health;
    Timer retry_timer;
    Timer data_timer;
    std::optional<SocketAddress> peer;
    SteadyTime up_since{};
    SteadyTime reading_since{};
    std::uint64_t moved_bytes_seen = 0;  // of the stream's
    std::optional<Error> end_requested;  // by the handler, in a callback
    bool is_shut_down = false;
    int callback_depth = 0;

    // Requests from any thread; `on_signal` carries them out.
    std::atomic<bool> start_requested{false};
    std::atomic<bool> stop_requested{false};
    std::atomic<bool> pause_requested{false};
    std::atomic<bool> finish_requested{false};

    mutable sync::Mutex mutex;
    LinkStatistics statistics SLUICE_GUARDED_BY(mutex);
};

Link::State::State(EventLoop& loop_in, LinkOptions options_in, LinkHandler& handler_in)
    : loop(loop_in),
      options(std::move(options_in)),
      handler(handler_in),
      egress(options.egress, [this] { signal(); }),
      connector(loop_in, options, *this),
      backoff(options.reconnect_initial, options.reconnect_max),
      health(loop_in, options.socket.dead_peer_timeout, options.send_stall_timeout, egress,
             {.on_look = [this](const sys::TcpInfo& info) { take_look(info); },
              .on_dead = [this](const Error& reason) { disconnect(reason); }}),
      retry_timer(loop_in, [this] { begin_attempt(); }),
      data_timer(loop_in, [this] { on_data_timer(); }) {}

void Link::State::enter_loop() {
    if (!is_shut_down) {
        token.store(loop.state().handlers.add(*this), std::memory_order_release);
        retry_timer.arm(loop.now());
        apply_requests();
    }
}

void Link::State::begin_attempt() {
    {
        const sync::MutexLock lock(mutex);
        ++statistics.attempts;
    }
    connector.begin();
    if (options.address.kind() == Address::Kind::name) {
        tell_state(LinkState::resolving);
    }
}

void Link::State::on_connecting(const SocketAddress& address) {
    peer = address;
    tell_state(LinkState::connecting);
}

void Link::State::on_connected(sys::Descriptor socket, const SocketAddress& address) {
    peer = address;
    up_since = loop.now();
    {
        const sync::MutexLock lock(mutex);
        statistics.state = LinkState::up;  // together, so that every look adds up
        ++statistics.connects;
        ++statistics.connection;
        statistics.socket = read_back(socket, address.family);
        statistics.tcp = {};
    }
    begin_connection(std::move(socket), address.family);
}

void Link::State::begin_connection(sys::Descriptor socket, SocketAddress::Family family) {
    egress.connected();
    Result<std::unique_ptr<Stream>> opened = open_stream(std::move(socket));
    if (!opened) {
        on_end(opened.error());
        return;
    }
    stream = *std::move(opened);
    moved_bytes_seen = 0;
    if (family != SocketAddress::Family::unix_path) {
        health.watch(stream->socket());
    }
    arm_data_timer(up_since);
    tell_state(LinkState::up);
    on_signal();  // what was requested or queued before
}

Result<std::unique_ptr<Stream>> Link::State::open_stream(sys::Descriptor socket) {
    if (!has_account.load(std::memory_order_relaxed)) {
        Result<BufferAccount> opened = loop.state().open_account();
        if (!opened) {
            return opened.error();
        }
        account = *std::move(opened);
        has_account.store(true, std::memory_order_release);
    }
    return Stream::open(loop, std::move(socket), egress, *this, &account);
}

void Link::State::take_look(const sys::TcpInfo& info) {
    const auto get = [this](sys::SocketOption option) {
        return sys::get_option(stream->socket(), option).value_or(0);
    };
    const int receive_buffer_b = get(sys::SocketOption::receive_buffer_bytes);
    const int transmit_buffer_b = get(sys::SocketOption::send_buffer_bytes);
    const sync::MutexLock lock(mutex);
    statistics.tcp = info;
    statistics.socket.receive_buffer_b = receive_buffer_b;
    statistics.socket.transmit_buffer_b = transmit_buffer_b;
}

void Link::State::on_failed(const Error& reason) {
    {
        const sync::MutexLock lock(mutex);
        ++statistics.failed_attempts[static_cast<std::size_t>(reason.code())];
    }
    go_on_after(reason);
}

void Link::State::on_packet(Packet&& packet) {
    const std::size_t received_b = packet.data.size() - packet.carried_b;
    {
        const sync::MutexLock lock(mutex);
        statistics.received_bytes += received_b;
        ++statistics.received_packets;
        statistics.largest_packet_bytes =
            std::max<std::uint64_t>(statistics.largest_packet_bytes, received_b);
        count_moved();
    }
    ++callback_depth;
    handler.on_packet(std::move(packet));
    leave_callback();
}

void Link::State::count_moved() {
    if (stream) {
        const std::uint64_t moved_bytes = stream->moved_bytes();
        statistics.moved_bytes += moved_bytes - std::exchange(moved_bytes_seen, moved_bytes);
    }
}

bool Link::State::on_starved() {
    ++callback_depth;
    const bool gave_back = handler.on_starved();
    leave_callback();
    return gave_back;
}

void Link::State::on_end(const Error& reason) {
    health.stop();
    data_timer.disarm();
    {
        const sync::MutexLock lock(mutex);
        count_moved();
    }
    stream.reset();
    {
        const sync::MutexLock lock(mutex);
        statistics.state = LinkState::waiting;
        ++statistics.disconnects[static_cast<std::size_t>(reason.code())];
    }
    if (loop.now() - up_since >= options.healthy_after) {
        backoff.reset();
    }
    egress.lost();
    go_on_after(reason);
}

void Link::State::disconnect(const Error& reason) {
    stream->close();
    on_end(reason);
}

void Link::State::go_on_after(const Error& reason) {
    if (is_shut_down) {
        return;  // stopped by the owner of a fragment, when it got that back
    }
    peer.reset();
    {
        const sync::MutexLock lock(mutex);
        statistics.last_error = reason;
    }
    if (!options.reconnect) {
        shut_down(reason);
        return;
    }
    const Duration delay = backoff.next(sys::random_bits());
    retry_timer.arm(loop.now() + delay);
    tell_state(LinkState::waiting, reason, delay);
}

void Link::State::shut_down(std::optional<Error> reason) {
    if (std::exchange(is_shut_down, true)) {
        return;
    }
    connector.cancel();
    retry_timer.disarm();
    if (stream) {
        health.stop();
        data_timer.disarm();
        {
            const sync::MutexLock lock(mutex);
            count_moved();
        }
        stream.reset();
        const sync::MutexLock lock(mutex);
        statistics.state = LinkState::stopped;
        ++statistics.disconnects[static_cast<std::size_t>(Errc::stopped)];
    }
    peer.reset();
    egress.stop();
    loop.state().handlers.remove(token.load(std::memory_order_relaxed));
    tell_state(LinkState::stopped, std::move(reason));
}

void Link::State::on_data_timer() {
    const SteadyTime silent_since = std::max(stream->last_receive_time(), reading_since);
    const Duration timeout = options.data_receive_timeout;
    if (stream->is_paused() || stream->is_starved()) {
        arm_data_timer(loop.now());
        return;
    }
    if (loop.now() - silent_since < timeout) {
        arm_data_timer(silent_since);
        return;
    }
    // What arrived but was not read yet is no silence of the device.
    if (const Result<sys::TcpInfo> info = sys::tcp_info(stream->socket());
        info && info->since_data_received < timeout) {
        arm_data_timer(loop.now() - info->since_data_received);
        return;
    }
    disconnect(Error(Errc::data_timeout));
}

/// Timers are lazy: a packet moves none; the timer looks when it is due.
void Link::State::arm_data_timer(SteadyTime silent_since) {
    if (options.data_receive_timeout > Duration::zero()) {
        data_timer.arm(saturating_add(silent_since, options.data_receive_timeout));
    }
}

void Link::State::on_signal() {
    apply_requests();
    if (stream) {
        stream->flush();
    }
}

void Link::State::apply_requests() {
    if (is_shut_down) {
        return;
    }
    if (stop_requested.load(std::memory_order_acquire)) {
        if (callback_depth == 0) {
            shut_down(std::nullopt);
        }
        return;
    }
    if (!stream) {
        return;
    }
    if (pause_requested.load(std::memory_order_acquire)) {
        stream->pause();
    } else if (stream->is_paused()) {
        resume();
    }
    if (stream && finish_requested.load(std::memory_order_acquire)) {
        stream->finish_sending();
    }
}

void Link::State::resume() {
    reading_since = loop.now();
    stream->resume();
    ++callback_depth;
    handler.on_resumed();
    leave_callback();
}

void Link::State::tell_state(LinkState state, std::optional<Error> reason, Duration retry_after) {
    LinkStatus status{.state = state,
                      .reason = std::move(reason),
                      .connection = 0,
                      .peer = peer,
                      .retry_after = retry_after};
    {
        const sync::MutexLock lock(mutex);
        statistics.state = state;
        status.connection = statistics.connection;
    }
    ++callback_depth;
    handler.on_state(status);
    leave_callback();
}

void Link::State::leave_callback() {
    if (--callback_depth > 0 || is_shut_down) {
        return;
    }
    if (stop_requested.load(std::memory_order_acquire)) {
        shut_down(std::nullopt);
    } else if (end_requested) {
        const Error reason = *std::exchange(end_requested, std::nullopt);
        if (stream) {
            disconnect(reason);
        }
    }
}

void Link::State::request_end(const Error& reason) {
    if (!stream) {
        return;
    }
    if (callback_depth == 0) {
        disconnect(reason);
        return;
    }
    stream->pause();
    end_requested = reason;
}

Link::Link(EventLoop& loop, LinkOptions options, LinkHandler& handler)
    : state_(std::make_shared<State>(loop, std::move(options), handler)) {
    SLUICE_CHECK(validate(state_->options), "the options of a link must be valid");
}

Link::~Link() {
    SLUICE_CHECK(!state_->loop.is_current_thread() || state_->callback_depth == 0,
                 "a link destroyed in its own callback");
    stop();
}

void Link::start() {
    SLUICE_CHECK(!state_->start_requested.exchange(true), "a link is started once");
    if (state_->loop.state().is_owned_by_this_thread()) {
        state_->enter_loop();
    } else {
        state_->loop.post([state = state_] { state->enter_loop(); });
    }
}

void Link::stop() {
    state_->stop_requested.store(true, std::memory_order_release);
    if (state_->loop.state().is_owned_by_this_thread()) {
        state_->apply_requests();
        return;
    }
    const Completion completion;
    state_->loop.post([state = state_, completion] {
        state->apply_requests();
        completion.complete();
    });
    completion.wait();
}

void Link::pause() {
    // An exchange, to see what was done before a resume() that this overrules.
    state_->pause_requested.exchange(true, std::memory_order_acq_rel);
    if (!state_->loop.is_current_thread()) {
        state_->signal();
    } else if (state_->stream) {
        state_->stream->pause();
    }
}

void Link::resume() {
    state_->pause_requested.exchange(false, std::memory_order_acq_rel);
    state_->signal();
}

void Link::disconnect(const Error& reason) {
    state_->request_end(reason);
}

void Link::finish_sending() {
    state_->finish_requested.store(true, std::memory_order_release);
    state_->signal();
}

TransmitQueue& Link::egress() noexcept {
    return state_->egress;
}

LinkStatistics Link::statistics() const {
    LinkStatistics look;
    {
        const sync::MutexLock lock(state_->mutex);
        look = state_->statistics;
    }
    look.egress = state_->egress.ledger();
    if (state_->has_account.load(std::memory_order_acquire)) {
        look.held_bytes = state_->account.held_bytes();
    }
    return look;
}

}  // namespace sluice::net
