#include "sluice/net/stream.hpp"

#include <algorithm>
#include <optional>

#include "net/event_loop_state.hpp"
#include "net/receive_place.hpp"
#include "sluice/core/check.hpp"
#include "sluice/sys/clock.hpp"

namespace sluice::net {
namespace {

// What one turn of the loop does for one connection at most, so that none starves another.
constexpr std::size_t receives_per_turn = 16;
constexpr std::size_t bytes_per_turn = std::size_t{1024} * 1024;
constexpr std::size_t sends_per_turn = 16;

constexpr std::size_t bytes_per_send = std::size_t{1024} * 1024;

}  // namespace

struct Stream::State final : LoopHandler, MemoryWaiter {
    State(EventLoop& loop_in, sys::Descriptor socket_in, TransmitQueue& queue_in,
          StreamHandler& handler_in, BufferAccount* account_in)
        : loop(loop_in.state()),
          socket(std::move(socket_in)),
          queue(queue_in),
          handler(&handler_in),
          account(account_in != nullptr ? *account_in : own_account),
          is_stamped(sys::get_option(socket, sys::SocketOption::receive_time).value_or(0) != 0),
          place(loop, account),
          last_receive(loop_in.now()) {}

    void on_ready(const sys::Readiness& readiness) override;
    void on_signal() override;
    bool on_spin() override;
    void memory_available() noexcept override { loop.signal(token); }

    void receive();
    /// Receives once; false when there is no more to do in this turn.
    bool receive_once(std::size_t& budget);
    [[nodiscard]] sys::StampedIoResult receive_into(std::span<std::byte> room) const noexcept {
        return is_stamped ? sys::receive_stamped(socket, room)
                          : sys::StampedIoResult{.io = sys::receive(socket, room)};
    }
    void hand_over(std::size_t bytes, std::optional<SystemTime> kernel_time);
    /// Memory to receive into; empty if there is none now, then a signal comes when there is.
    std::span<std::byte> find_memory();
    bool relieve();
    void wait_for_memory(bool has_share);
    void send();
    void send_what_waits();
    void end(const Error& reason);
    void close() noexcept;
    void watch();

    [[nodiscard]] bool is_closed() const noexcept { return !socket.is_open(); }
    [[nodiscard]] bool wants_data() const noexcept {
        return !is_closed() && !is_paused && !is_starved;
    }

    EventLoop::State& loop;
    sys::Descriptor socket;
    TransmitQueue& queue;
    StreamHandler* handler;
    BufferAccount own_account;
    BufferAccount& account;
    std::uint64_t token = 0;

    sys::Interest watched;
    const bool is_stamped;  // the kernel tells when it received
    ReceivePlace place;
    bool is_paused = false;
    bool is_starved = false;
    bool is_send_blocked = false;
    bool finish_requested = false;
    bool finish_sent = false;
    int send_errno = 0;  // reported once everything that arrived was handed over

    SteadyTime last_receive;
    std::uint64_t stream_offset = 0;
};

void Stream::State::on_ready(const sys::Readiness& readiness) {
    if (readiness.readable && wants_data()) {
        receive();
    }
    if (readiness.writable && is_send_blocked && !is_closed()) {
        is_send_blocked = false;
        send();
    }
    watch();
}

void Stream::State::on_signal() {
    if (is_starved) {
        loop.pool.cancel_wait(*this);
        is_starved = false;
    }
    if (wants_data()) {
        receive();
    }
    watch();
}

bool Stream::State::on_spin() {
    const std::uint64_t before = stream_offset;
    if (wants_data()) {
        receive();
        watch();
    }
    return stream_offset != before || is_closed();
}

void Stream::State::receive() {
    std::size_t budget = bytes_per_turn;
    for (std::size_t i = 0; i < receives_per_turn && budget > 0 && wants_data(); ++i) {
        if (!receive_once(budget)) {
            return;
        }
    }
    if (send_errno != 0 && wants_data()) {
        loop.signal(token);  // nothing more may arrive that would make it ready
    }
}

bool Stream::State::receive_once(std::size_t& budget) {
    const std::span<std::byte> room = find_memory();
    if (room.empty()) {
        return false;
    }
    const auto [result, kernel_time] = receive_into(room);
    switch (result.status) {
        case sys::IoStatus::done:
            budget -= std::min(budget, result.bytes);
            hand_over(result.bytes, kernel_time);
            // Less: the kernel has no more now.
            return result.bytes == room.size() || send_errno != 0;
        case sys::IoStatus::would_block:
            if (send_errno != 0) {
                end(Error::from_errno(send_errno));
            }
            return false;
        case sys::IoStatus::end:
            end(send_errno != 0 ? Error::from_errno(send_errno) : Error(Errc::peer_closed));
            break;
        case sys::IoStatus::failed:
            end(Error::from_errno(send_errno != 0 ? send_errno : result.error));
            break;
    }
    return false;
}

std::span<std::byte> Stream::State::find_memory() {
    do {
        const ReceiveWish wish = handler->receive_wish();
        const bool has_share =
            loop.streams == 1 || place.is_under_way(wish) || loop.pool.has_room(account);
        if (has_share) {
            const Result<std::span<std::byte>> room = place.find(wish);
            if (room) {
                return *room;
            }
            if (room.error().code() != Errc::would_block) {
                end(room.error());  // nobody could tell when to try again
                return {};
            }
        }
        if (!relieve() && wants_data()) {
            wait_for_memory(has_share);
        }
    } while (wants_data());
    return {};
}

/// Lets the handler give memory back; whether some came.
bool Stream::State::relieve() {
    const std::size_t used = loop.pool.statistics().used_b;
    return handler->on_starved() && loop.pool.statistics().used_b < used;
}

void Stream::State::wait_for_memory(bool has_share) {
    is_starved = true;
    if (has_share) {
        loop.pool.wait_for_memory(*this, place.wanted_b());
    } else {
        loop.pool.wait_for_account(*this, account);
    }
}

void Stream::State::hand_over(std::size_t bytes, std::optional<SystemTime> kernel_time) {
    last_receive = sys::now();
    Packet packet{.data = place.take(bytes),
                  .carried_b = place.carried_b(),
                  .receive_time = sys::system_now(),
                  .receive_time_steady = last_receive,
                  .kernel_time = kernel_time,
                  .stream_offset = stream_offset};
    stream_offset += bytes;
    handler->on_packet(std::move(packet));
    if (!is_closed() && place.may_park()) {
        place.park(handler->receive_wish());
    }
}

void Stream::State::send() {
    if (queue.begin_sending()) {
        send_what_waits();
        queue.end_sending();
    }
}

void Stream::State::send_what_waits() {
    if (const int failure = queue.take_failure(); failure != 0 && send_errno == 0) {
        send_errno = failure;
        loop.signal(token);  // as below
        return;
    }
    std::span<iovec> pieces = loop.send_pieces;
    for (std::size_t i = 0; i < sends_per_turn && send_errno == 0 && !finish_sent; ++i) {
        const std::size_t count = queue.gather(pieces, bytes_per_send);
        if (count == 0) {
            if (!queue.rest()) {
                continue;
            }
            if (finish_requested && !std::exchange(finish_sent, true)) {
                queue.detach();
                static_cast<void>(sys::shutdown_send(socket));  // fails only if it is broken anyway
            }
            return;
        }
        const sys::IoResult result = sys::send(socket, pieces.first(count));
        if (result.status == sys::IoStatus::failed) {
            send_errno = result.error;
            loop.signal(token);  // to read what is left, then report
            return;
        }
        queue.consumed(result.bytes);
        if (is_closed()) {
            return;  // by what a fragment's owner did when it got it back
        }
        if (result.status == sys::IoStatus::would_block) {
            break;
        }
    }
    is_send_blocked = send_errno == 0 && !finish_sent;
}

void Stream::State::end(const Error& reason) {
    StreamHandler* const told = handler;
    close();
    told->on_end(reason);
}

void Stream::State::close() noexcept {
    if (is_closed()) {
        return;
    }
    if (watched != sys::Interest{}) {
        loop.poller.remove(socket);
        watched = {};
    }
    loop.pool.cancel_wait(*this);
    queue.detach();
    loop.handlers.remove(token);
    loop.remove_stream(token);
    place.release();
    own_account = BufferAccount();
    socket.close();
}

/// Tells the poller what is wanted. A descriptor of which nothing is wanted is removed, because
/// errors and hang-ups are reported whatever the interest.
void Stream::State::watch() {
    if (is_closed()) {
        return;
    }
    const sys::Interest wished{.readable = wants_data(), .writable = is_send_blocked};
    if (wished == watched) {
        return;
    }
    Result<void> done;
    if (wished == sys::Interest{}) {
        loop.poller.remove(socket);
    } else if (watched == sys::Interest{}) {
        done = loop.poller.add(socket, wished, token);
    } else {
        done = loop.poller.modify(socket, wished, token);
    }
    watched = done ? wished : sys::Interest{};
    if (!done) {
        end(done.error());
    }
}

Stream::Stream(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}

Stream::~Stream() {
    state_->close();
    EventLoop::State& loop = state_->loop;
    loop.retire(std::move(state_));
}

Result<std::unique_ptr<Stream>> Stream::open(EventLoop& loop, sys::Descriptor socket,
                                             TransmitQueue& queue, StreamHandler& handler,
                                             BufferAccount* account) {
    EventLoop::State& inside = loop.state();
    auto state = std::make_unique<State>(loop, std::move(socket), queue, handler, account);
    if (account == nullptr) {
        Result<BufferAccount> opened = inside.open_account();
        if (!opened) {
            return opened.error();
        }
        state->own_account = *std::move(opened);
    }
    const sys::Interest reading{.readable = true};
    state->token = inside.handlers.add(*state);
    if (Result<void> added = inside.poller.add(state->socket, reading, state->token); !added) {
        inside.handlers.remove(state->token);
        return added.error();
    }
    state->watched = reading;
    inside.add_stream(state->token);
    queue.attach(state->socket);
    return std::unique_ptr<Stream>(new Stream(std::move(state)));
}

void Stream::pause() {
    state_->is_paused = true;
    state_->watch();
}

void Stream::resume() {
    if (!std::exchange(state_->is_paused, false)) {
        return;
    }
    if (state_->send_errno != 0) {
        state_->loop.signal(state_->token);
    }
    state_->watch();
}

bool Stream::is_paused() const noexcept {
    return state_->is_paused;
}

void Stream::flush() {
    // While the socket is full its readiness sends; a call now would only be refused.
    State& state = *state_;  // outlives this call, unlike the Stream
    if (!state.is_closed() && !state.is_send_blocked) {
        state.send();
        state.watch();
    }
}

void Stream::finish_sending() {
    state_->finish_requested = true;
    flush();
}

void Stream::close() noexcept {
    state_->close();
}

const sys::Descriptor& Stream::socket() const noexcept {
    return state_->socket;
}

SteadyTime Stream::last_receive_time() const noexcept {
    return state_->last_receive;
}

std::uint64_t Stream::moved_bytes() const noexcept {
    return state_->place.moved_bytes();
}

bool Stream::is_starved() const noexcept {
    return state_->is_starved;
}

}  // namespace sluice::net
