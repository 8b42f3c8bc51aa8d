#include "sluice/messaging/message_server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <utility>

#include "messaging/counts.hpp"
#include "messaging/framed_sending.hpp"
#include "messaging/inbox.hpp"
#include "messaging/peer.hpp"
#include "messaging/peer_table.hpp"
#include "messaging/receive_thread.hpp"
#include "sluice/net/listener.hpp"
#include "sluice/net/timer.hpp"
#include "sluice/sync/mutex.hpp"
#include "sluice/sync/parker.hpp"

namespace sluice {
namespace {

using messaging::Peer;

void add(net::EgressLedger::Count& sum, const net::EgressLedger::Count& part) {
    sum.messages += part.messages;
    sum.bytes += part.bytes;
}

void add(net::EgressLedger& sum, const net::EgressLedger& part) {
    add(sum.accepted, part.accepted);
    add(sum.sent, part.sent);
    add(sum.queued, part.queued);
    for (std::size_t i = 0; i < sum.dropped.size(); ++i) {
        add(sum.dropped[i], part.dropped[i]);
    }
    sum.refused += part.refused;
    sum.queued_bytes_max = std::max(sum.queued_bytes_max, part.queued_bytes_max);
}

/// Adds the sums of a queue that has ended. What a sender has just put into it is dropped by that
/// sender's thread.
void add_ended(net::EgressLedger& sum, net::EgressLedger part, const Error& reason) {
    const net::DropReason dropped = reason.code() == Errc::stopped
                                        ? net::DropReason::stopped
                                        : net::DropReason::connection_lost;
    add(part.dropped[static_cast<std::size_t>(dropped)], std::exchange(part.queued, {}));
    add(sum, part);
}

/// A quarter of the shortest time that a peer may be silent.
Duration period_of_looks(const MessageServerOptions& options) {
    const Duration frames = options.messaging.frame_timeout;
    const Duration data = options.data_receive_timeout;
    return (data > Duration::zero() ? std::min(data, frames) : frames) / 4;
}

}  // namespace

struct MessageServer::State final : messaging::PeerOwner {
    State(const MessageServerOptions& options_in, MessageHandler* handler_in,
          std::unique_ptr<net::EventLoopThread> loop_in)
        : options(options_in),
          handler(handler_in),
          framer(messaging::framer_of(options.messaging)),
          pool(options.messaging.receive_pool),
          loop(std::move(loop_in)),
          inbox(options.messaging.receive_queue_b, options.messaging.busy_poll,
                [this] { loop->loop().post([this] { resume_blocked(); }); }) {}

    /// What was posted before calls into this.
    ~State() {
        loop->run_on_loop([] {});
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    [[nodiscard]] Result<void> listen();
    void accept(sys::Accepted accepted);
    void resume_blocked();
    void look_for_silence();
    void stop_listening();
    void finish_all();
    void wait_for_ends(SteadyTime deadline);
    void close_all();

    void on_peer_work(PeerId peer) override;
    void on_peer_room(PeerId peer) override;
    void on_peer_blocked(Peer& peer) override { blocked.push_back(peer.id()); }
    void on_peer_end(Peer& peer, const Error& reason) override;

    [[nodiscard]] messaging::SharedSending sending_to(Peer& peer) {
        return {*framer, pool, messaging::copy_b_max(options.messaging.sending), peer.egress()};
    }

    const MessageServerOptions options;
    const Duration look_period = period_of_looks(options);
    MessageHandler* const handler;
    const std::shared_ptr<const Framer> framer;
    BufferPool pool;
    const std::unique_ptr<net::EventLoopThread> loop;
    messaging::Inbox inbox;
    sync::Mutex counts_mutex;  // of what each peer received
    messaging::PeerTable peers;
    sync::Parker peer_ended;

    // The loop's thread.
    std::optional<net::Timer> silence_timer;
    std::vector<std::shared_ptr<Peer>> ended;  // in this turn: one of their functions may run
    std::vector<PeerId> blocked;
    std::vector<PeerId> resuming;
    bool is_closing = false;
    std::string local_address;

    mutable sync::Mutex mutex;
    std::unique_ptr<net::Listener> listener SLUICE_GUARDED_BY(mutex);
    MessageServerStatistics past SLUICE_GUARDED_BY(mutex);  // and of the peers that are gone
};

Result<void> MessageServer::State::listen() {
    net::EventLoop& its_loop = loop->loop();
    Result<std::unique_ptr<net::Listener>> opened = net::Listener::open(
        its_loop, options.address,
        {.socket = options.messaging.socket, .allow_remote = options.allow_remote},
        [this](sys::Accepted accepted) { accept(std::move(accepted)); });
    if (!opened) {
        return opened.error();
    }
    {
        const sync::MutexLock lock(mutex);
        listener = *std::move(opened);
        local_address = listener->local_address().to_string();
    }
    silence_timer.emplace(its_loop, [this] { look_for_silence(); });
    silence_timer->arm(its_loop.now() + look_period);
    return {};
}

void MessageServer::State::accept(sys::Accepted accepted) {
    if (peers.size() >= options.peers_max) {
        const sync::MutexLock lock(mutex);
        ++past.refused;
        return;
    }
    const auto peer = std::make_shared<Peer>(
        peers.next_id(), framer, options.messaging, loop->loop().receive_pool(), &inbox,
        messaging::receiver(options.messaging, handler), *this, counts_mutex);
    peers.add(peer);
    {
        const sync::MutexLock lock(mutex);
        ++past.connects;
    }
    if (handler != nullptr) {
        handler->on_connected(peer->id(), accepted.peer.to_string());
    }
    if (const Result<void> opened = peer->open(loop->loop(), std::move(accepted.socket)); !opened) {
        on_peer_end(*peer, opened.error());
    }
}

void MessageServer::State::on_peer_work(PeerId peer) {
    loop->loop().post([this, peer] {
        if (const std::shared_ptr<Peer> found = peers.find(peer)) {
            found->flush();
        }
    });
}

void MessageServer::State::on_peer_room(PeerId peer) {
    loop->loop().post([this, peer] {
        if (const std::shared_ptr<Peer> found = peers.find(peer)) {
            found->go_on();
        }
    });
}

/// In the order in which they were blocked; those for whom there is no room are last again.
void MessageServer::State::resume_blocked() {
    resuming.swap(blocked);
    for (const PeerId peer : resuming) {
        if (const std::shared_ptr<Peer> found = peers.find(peer)) {
            found->resume();
        }
    }
    resuming.clear();
}

void MessageServer::State::look_for_silence() {
    const SteadyTime now = loop->loop().now();
    silence_timer->arm(now + look_period);
    for (const std::shared_ptr<Peer>& peer : peers.all()) {
        peer->look_for_silence(now, options.data_receive_timeout);
    }
}

void MessageServer::State::on_peer_end(Peer& peer, const Error& reason) {
    ended.push_back(peers.find(peer.id()));
    loop->loop().post([this] { ended.clear(); });
    {
        const sync::MutexLock lock(mutex);
        messaging::add(past.received, peer.counts());
        add_ended(past.sent, peer.egress().ledger(), reason);
        peers.remove(peer.id());
    }
    peer_ended.unpark_all();
    if (handler != nullptr && !is_closing) {
        handler->on_disconnected(peer.id(), reason);
    }
}

void MessageServer::State::stop_listening() {
    const sync::MutexLock lock(mutex);
    if (listener) {
        past.refused += listener->refused();
    }
    listener.reset();
}

void MessageServer::State::finish_all() {
    is_closing = true;
    for (const std::shared_ptr<Peer>& peer : peers.all()) {
        peer->finish();
    }
}

void MessageServer::State::wait_for_ends(SteadyTime deadline) {
    bool has_time = true;
    while (has_time) {
        const sync::Parker::Ticket ticket = peer_ended.prepare();
        if (peers.size() == 0) {
            peer_ended.cancel();
            return;
        }
        has_time = peer_ended.park(ticket, deadline);
    }
}

void MessageServer::State::close_all() {
    silence_timer.reset();
    for (const std::shared_ptr<Peer>& peer : peers.all()) {
        peer->end(Error(Errc::stopped));
    }
}

MessageServer::MessageServer(std::shared_ptr<State> state) noexcept
    : state_(std::move(state)), cursor_(&state_->inbox.cursor()) {}

MessageServer::~MessageServer() {
    close(SteadyTime::min());
}

Result<std::unique_ptr<MessageServer>> MessageServer::start(const MessageServerOptions& options,
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
    Result<void> listening;
    state->loop->run_on_loop([&] { listening = state->listen(); });
    if (!listening) {
        return listening.error();
    }
    return std::unique_ptr<MessageServer>(new MessageServer(std::move(state)));
}

std::string MessageServer::local_address() const {
    return state_->local_address;
}

std::vector<PeerId> MessageServer::peers() const {
    std::vector<PeerId> ids;
    for (const std::shared_ptr<Peer>& peer : state_->peers.all()) {
        ids.push_back(peer->id());
    }
    return ids;
}

Result<MessageSender> MessageServer::sender(PeerId peer) {
    struct Owner {
        std::shared_ptr<State> state;
        std::shared_ptr<Peer> peer;
    };
    auto owner = std::make_shared<Owner>(Owner{state_, state_->peers.find(peer)});
    if (!owner->peer) {
        return Error(Errc::not_connected);
    }
    net::TransmitQueue& egress = owner->peer->egress();
    auto sending = std::make_unique<messaging::LaneSending>(
        std::move(owner), *state_->framer, state_->pool, egress, state_->options.messaging.sending);
    return MessageSender(std::move(sending), *state_->framer);
}

Result<void> MessageServer::send(PeerId peer, std::span<const std::byte> message,
                                 SteadyTime deadline) {
    const std::shared_ptr<Peer> found = state_->peers.find(peer);
    return found ? state_->sending_to(*found).send(message, deadline)
                 : Result<void>(Error(Errc::not_connected));
}

Result<void> MessageServer::send(PeerId peer, std::span<Buffer> fragments, SteadyTime deadline,
                                 std::span<const std::byte> head) {
    const std::shared_ptr<Peer> found = state_->peers.find(peer);
    return found ? state_->sending_to(*found).send(fragments, deadline, head)
                 : Result<void>(Error(Errc::not_connected));
}

std::size_t MessageServer::broadcast(const Buffer& message) {
    std::size_t accepted = 0;
    for (const std::shared_ptr<Peer>& peer : state_->peers.all()) {
        std::array fragments{message.share()};
        accepted += state_->sending_to(*peer).send(fragments, messaging::at_once, {}) ? 1U : 0U;
    }
    return accepted;
}

BufferPool& MessageServer::pool() noexcept {
    return state_->pool;
}

Result<Message> MessageServer::receive_next(SteadyTime deadline) {
    return state_->inbox.receive(deadline);
}

Result<std::size_t> MessageServer::receive_batch(std::span<Message> messages, SteadyTime deadline) {
    return state_->inbox.receive_batch(messages, deadline);
}

Result<int> MessageServer::descriptor() {
    return state_->inbox.descriptor();
}

void MessageServer::disconnect(PeerId peer) {
    state_->loop->loop().post([state = state_.get(), peer] {
        if (const std::shared_ptr<Peer> found = state->peers.find(peer)) {
            found->end(Error(Errc::stopped));
        }
    });
}

void MessageServer::close(SteadyTime deadline) {
    state_->loop->run_on_loop([this] {
        state_->stop_listening();
        state_->finish_all();
    });
    state_->wait_for_ends(deadline);
    state_->loop->run_on_loop([this] { state_->close_all(); });
    state_->inbox.close();
}

MessageServerStatistics MessageServer::statistics() const {
    // Under the lock, so that no peer is counted twice or not at all while it goes.
    const sync::MutexLock lock(state_->mutex);
    MessageServerStatistics look = state_->past;
    for (const std::shared_ptr<Peer>& peer : state_->peers.all()) {
        messaging::add(look.received, peer->counts());
        add(look.sent, peer->egress().ledger());
        ++look.peers;
    }
    look.refused += state_->listener ? state_->listener->refused() : 0;
    const sync::QueueStatistics waiting = state_->inbox.statistics();
    look.waiting_batches = waiting.depth;
    look.waiting_b = waiting.weight;
    return look;
}

Result<void> validate(const MessageServerOptions& options) {
    if (options.peers_max == 0) {
        return Error(Errc::invalid_argument, "peers_max 0; allowed are 1 or more");
    }
    if (options.data_receive_timeout < Duration::zero()) {
        return Error(Errc::invalid_argument, "data_receive_timeout: must not be negative");
    }
    return validate(options.messaging);
}

}  // namespace sluice
