#include "sluice/messaging/message_client.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "messaging/counts.hpp"
#include "messaging/frame_intake.hpp"
#include "messaging/framed_sending.hpp"
#include "messaging/inbox.hpp"
#include "messaging/receive_thread.hpp"
#include "sluice/net/timer.hpp"
#include "sluice/sync/mutex.hpp"
#include "sluice/sync/parker.hpp"

namespace sluice {
namespace {

using messaging::FrameIntake;

net::LinkOptions link_options(const MessageClientOptions& options) {
    net::LinkOptions link;
    link.address = options.address;
    link.local_address = options.local_address;
    link.socket = options.messaging.socket;
    link.egress.policy =
        options.messaging.wait_for_connection ? net::EgressPolicy::wait : net::EgressPolicy::fail;
    link.egress.buffer_size_b = options.messaging.sending.referenced_b_max;
    link.egress.copy_below_b =
        std::min<std::size_t>(options.messaging.sending.copy_below_b, 65'536);
    link.egress.direct_writes = true;
    link.connect_timeout = options.connect_timeout;
    link.reconnect = options.reconnect;
    link.reconnect_initial = options.reconnect_initial;
    link.reconnect_max = options.reconnect_max;
    link.data_receive_timeout = options.data_receive_timeout;
    return link;
}

}  // namespace

struct MessageClient::State final : net::LinkHandler {
    State(const MessageClientOptions& options_in, MessageHandler* handler_in,
          std::unique_ptr<net::EventLoopThread> loop_in)
        : options(options_in),
          handler(handler_in),
          framer(messaging::framer_of(options.messaging)),
          pool(options.messaging.receive_pool),
          loop(std::move(loop_in)),
          inbox(options.messaging.receive_queue_b, options.messaging.busy_poll,
                [this] { on_room(); }),
          intake(framer, options.messaging, loop->loop().receive_pool(), &inbox,
                 messaging::receiver(options.messaging, handler), [this] { on_room(); }),
          link(loop->loop(), link_options(options), *this) {}
    /// What was posted before calls into this.
    ~State() {
        loop->run_on_loop([] {});
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void on_packet(net::Packet&& packet) override;
    net::ReceiveWish receive_wish() override { return intake.wish(); }
    void on_resumed() override { go_on(intake.pump()); }
    bool on_starved() override {
        intake.starve();
        return false;
    }
    void on_state(const net::LinkStatus& status) override;

    void go_on(FrameIntake::Progress progress);
    void begin(const net::LinkStatus& status);
    void end(const net::LinkStatus& status);
    void look_for_stuck_frame();
    void drain();
    void finish();
    void publish_counts();
    /// Waits until it is up, or not; false at the deadline, or if it never will be.
    bool wait_until(bool up, SteadyTime deadline);
    /// There is room for what the intake holds. Any thread; only signals.
    void on_room();

    [[nodiscard]] messaging::SharedSending shared_sending() {
        return {*framer, pool, messaging::copy_b_max(options.messaging.sending), link.egress()};
    }

    const MessageClientOptions options;
    MessageHandler* const handler;
    const std::shared_ptr<const Framer> framer;
    BufferPool pool;
    const std::unique_ptr<net::EventLoopThread> loop;
    messaging::Inbox inbox;

    // The loop's thread.
    FrameIntake intake;
    std::optional<net::Timer> frame_timer;
    bool is_connected = false;
    bool is_closing = false;

    std::atomic<bool> is_up{false};
    std::atomic<bool> is_over{false};
    sync::Parker changed;

    mutable sync::Mutex counts_mutex;
    MessageCounts counts SLUICE_GUARDED_BY(counts_mutex);

    net::Link link;  // last: it calls until it is gone
};

void MessageClient::State::on_packet(net::Packet&& packet) {
    go_on(intake.take(std::move(packet)));
}

void MessageClient::State::go_on(FrameIntake::Progress progress) {
    if (progress == FrameIntake::Progress::blocked) {
        link.pause();
        // Room that came before the pause was told in vain, but is seen by another attempt.
        progress = intake.pump();
        if (progress == FrameIntake::Progress::idle) {
            link.resume();
        }
    }
    publish_counts();
    if (progress == FrameIntake::Progress::failed) {
        link.disconnect(intake.failure());
    }
}

/// Without a connection the link has nothing to resume, but what arrived on the last one may wait.
void MessageClient::State::on_room() {
    link.resume();
    loop->loop().post([this] {
        if (!is_connected) {
            go_on(intake.pump());
        }
    });
}

void MessageClient::State::on_state(const net::LinkStatus& status) {
    if (status.state == net::LinkState::up) {
        begin(status);
    } else if (std::exchange(is_connected, false)) {
        end(status);
    }
    if (status.state == net::LinkState::stopped) {
        frame_timer.reset();
        is_over.store(true, std::memory_order_release);
        inbox.close();
    }
    changed.unpark_all();
}

void MessageClient::State::begin(const net::LinkStatus& status) {
    is_connected = true;
    static_cast<void>(intake.pump());  // what is left of the last one
    intake.begin_connection(status.connection);
    go_on(intake.pump());
    if (!frame_timer) {
        frame_timer.emplace(loop->loop(), [this] { look_for_stuck_frame(); });
    }
    frame_timer->arm(loop->loop().now() + options.messaging.frame_timeout / 4);
    is_up.store(true, std::memory_order_release);
    if (handler != nullptr) {
        handler->on_connected(status.connection, status.peer ? status.peer->to_string() : "");
    }
}

void MessageClient::State::end(const net::LinkStatus& status) {
    is_up.store(false, std::memory_order_release);
    frame_timer->disarm();
    intake.end_connection();
    publish_counts();
    if (handler != nullptr && status.reason && !is_closing) {
        handler->on_disconnected(status.connection, *status.reason);
    }
}

void MessageClient::State::look_for_stuck_frame() {
    frame_timer->arm(loop->loop().now() + options.messaging.frame_timeout / 4);
    if (intake.is_stuck(loop->loop().now())) {
        intake.time_out();
        link.disconnect(intake.failure());
    }
}

/// What has no room is not waited for, so that the other side gets on until it ends.
void MessageClient::State::drain() {
    intake.drain();
    link.resume();
}

void MessageClient::State::finish() {
    is_closing = true;
    link.finish_sending();
}

void MessageClient::State::publish_counts() {
    const MessageCounts now = messaging::counts_of(intake.ledger());
    const sync::MutexLock lock(counts_mutex);
    counts = now;
}

bool MessageClient::State::wait_until(bool up, SteadyTime deadline) {
    while (true) {
        const sync::Parker::Ticket ticket = changed.prepare();
        const bool is_so = is_up.load(std::memory_order_acquire) == up;
        if (is_so || is_over.load(std::memory_order_acquire)) {
            changed.cancel();
            return is_so;
        }
        if (!changed.park(ticket, deadline)) {
            return false;
        }
    }
}

MessageClient::MessageClient(std::shared_ptr<State> state) noexcept
    : state_(std::move(state)), cursor_(&state_->inbox.cursor()) {}

MessageClient::~MessageClient() {
    close(SteadyTime::min());
}

Result<std::unique_ptr<MessageClient>> MessageClient::start(const MessageClientOptions& options,
                                                            MessageHandler* handler) {
    if (Result<void> valid = validate(options); !valid) {
        return valid.error();
    }
    Result<std::unique_ptr<net::EventLoopThread>> loop =
        messaging::start_receive_thread(options.messaging, handler);
    if (!loop) {
        return loop.error();
    }
    auto state = std::make_shared<State>(options, handler, *std::move(loop));
    state->link.start();
    return std::unique_ptr<MessageClient>(new MessageClient(std::move(state)));
}

MessageSender MessageClient::sender() {
    State& state = *state_;
    auto sending = std::make_unique<messaging::LaneSending>(
        state_, *state.framer, state.pool, state.link.egress(), state.options.messaging.sending);
    return MessageSender(std::move(sending), *state.framer);
}

Result<void> MessageClient::send(std::span<const std::byte> message, SteadyTime deadline) {
    return state_->shared_sending().send(message, deadline);
}

Result<void> MessageClient::send(std::span<Buffer> fragments, SteadyTime deadline,
                                 std::span<const std::byte> head) {
    return state_->shared_sending().send(fragments, deadline, head);
}

BufferPool& MessageClient::pool() noexcept {
    return state_->pool;
}

Result<Message> MessageClient::receive_next(SteadyTime deadline) {
    return state_->inbox.receive(deadline);
}

Result<std::size_t> MessageClient::receive_batch(std::span<Message> messages, SteadyTime deadline) {
    return state_->inbox.receive_batch(messages, deadline);
}

Result<int> MessageClient::descriptor() {
    return state_->inbox.descriptor();
}

bool MessageClient::wait_connected(SteadyTime deadline) {
    return state_->wait_until(true, deadline);
}

bool MessageClient::flush(SteadyTime deadline) {
    return state_->link.egress().wait_empty(deadline);
}

void MessageClient::close(SteadyTime deadline) {
    state_->loop->run_on_loop([this] { state_->drain(); });
    if (flush(deadline)) {
        state_->loop->run_on_loop([this] { state_->finish(); });
        static_cast<void>(state_->wait_until(false, deadline));
    }
    state_->link.stop();
    state_->inbox.close();
}

void MessageClient::disconnect() {
    state_->loop->loop().post(
        [state = state_.get()] { state->link.disconnect(Error(Errc::stopped)); });
}

MessageClientStatistics MessageClient::statistics() const {
    MessageClientStatistics look;
    look.link = state_->link.statistics();
    {
        const sync::MutexLock lock(state_->counts_mutex);
        look.received = state_->counts;
    }
    look.received.copied_b += look.link.moved_bytes;
    const sync::QueueStatistics waiting = state_->inbox.statistics();
    look.waiting_batches = waiting.depth;
    look.waiting_b = waiting.weight;
    return look;
}

Result<void> validate(const MessageClientOptions& options) {
    if (Result<void> valid = validate(options.messaging); !valid) {
        return valid;
    }
    return net::validate(link_options(options));
}

}  // namespace sluice
