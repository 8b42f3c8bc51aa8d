#include "sluice/net/stream.hpp"

#include <algorithm>
#include <optional>

#include "net/event_loop_state.hpp"
#include "sluice/buffers/receive_block.hpp"
#include "sluice/core/check.hpp"
#include "sluice/sys/clock.hpp"

namespace sluice::net {
namespace {

// What one turn of the loop does for one connection at most, so that none starves another.
constexpr std::size_t receives_per_turn = 16;
constexpr std::size_t bytes_per_turn = std::size_t{1024} * 1024;
constexpr std::size_t sends_per_turn = 16;

constexpr std::size_t bytes_per_send = std::size_t{1024} * 1024;

/// Below this a receive is copied while the loop has several connections: a few small packets,
/// each kept by somebody, would otherwise keep a slab each.
constexpr std::size_t copy_below_bytes = 4096;

/// From here on a message that the end of a slab cuts costs more to copy than a shorter receive.
constexpr std::size_t long_message_bytes = std::size_t{8} * 1024;

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
          last_receive(loop_in.now()) {}

    void on_ready(const sys::Readiness& readiness) override;
    void on_signal() override;
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
    /// Whether the wish is for the rest of a large message that has begun: the share does not stop
    /// that, because what is held already comes back only when it is whole.
    [[nodiscard]] bool is_under_way(const ReceiveWish& wish) const;
    /// Memory behind the tail of the wish; sets `carried_b` and `wanted_b`.
    Result<std::span<std::byte>> place(const ReceiveWish& wish);
    Result<std::span<std::byte>> place_behind(Buffer& tail, const ReceiveWish& wish);
    Result<std::span<std::byte>> place_in_block(Buffer& tail, const ReceiveWish& wish);
    Result<ReceiveBlock> open_block(Buffer& tail, const ReceiveWish& wish);
    /// The part of a slab's rest that ends with a message, if they go on to be as long as the last.
    [[nodiscard]] std::span<std::byte> end_with_message(std::span<std::byte> room,
                                                        const ReceiveWish& wish);
    bool relieve();
    void wait_for_memory(bool has_share);
    [[nodiscard]] Buffer take(std::size_t bytes);
    /// Lets go, after a packet, of a block that is done with, and of a slab of which only a short
    /// tail waits.
    void park_tail();
    void send();
    void end(const Error& reason);
    void close() noexcept;
    void watch();

    /// Whether it is for a message that has no place in a slab.
    [[nodiscard]] bool is_large(const ReceiveWish& wish) const noexcept {
        return wish.need_b > loop.receive_buffer.carry_b_max();
    }
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
    const bool is_stamped;      // the kernel tells when it received
    ReceiveBlock block;         // of the large message that is being received
    std::size_t carried_b = 0;  // of the handler's tail, in front of what is received next
    std::size_t wanted_b = 0;   // the memory that was not there
    std::uint64_t moved_bytes = 0;
    std::size_t usual_message_b = 0;  // the last long one's size; 0 = none yet
    bool is_paused = false;
    bool is_starved = false;
    bool is_send_blocked = false;
    bool finish_requested = false;
    bool finish_sent = false;
    std::optional<Error> send_error;  // reported once everything that arrived was handed over

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

void Stream::State::receive() {
    std::size_t budget = bytes_per_turn;
    for (std::size_t i = 0; i < receives_per_turn && budget > 0 && wants_data(); ++i) {
        if (!receive_once(budget)) {
            return;
        }
    }
    if (send_error && wants_data()) {
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
            return result.bytes == room.size() || send_error.has_value();
        case sys::IoStatus::would_block:
            if (send_error) {
                end(*send_error);
            }
            return false;
        case sys::IoStatus::end:
            end(send_error ? *send_error : Error(Errc::peer_closed));
            break;
        case sys::IoStatus::failed:
            end(send_error ? *send_error : Error::from_errno(result.error));
            break;
    }
    return false;
}

std::span<std::byte> Stream::State::find_memory() {
    do {
        const ReceiveWish wish = handler->receive_wish();
        const bool has_share =
            loop.streams == 1 || is_under_way(wish) || loop.pool.has_room(account);
        if (has_share) {
            const Result<std::span<std::byte>> room = place(wish);
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

bool Stream::State::is_under_way(const ReceiveWish& wish) const {
    return wish.tail != nullptr && !wish.tail->empty() &&
           (block.continues(*wish.tail, wish.need_b) ||
            (is_large(wish) && wish.tail->kept_b() > loop.pool.slab_capacity() * 2));
}

Result<std::span<std::byte>> Stream::State::place(const ReceiveWish& wish) {
    Buffer none;
    Buffer& tail = wish.tail != nullptr ? *wish.tail : none;
    const std::byte* const stood_at = tail.data();
    carried_b = tail.size();
    wanted_b = loop.pool.slab_capacity();
    Result<std::span<std::byte>> room = place_behind(tail, wish);
    moved_bytes += tail.data() != stood_at ? carried_b : 0;
    if (room && wish.limit_b != 0) {
        room = room->first(std::min(room->size(), wish.limit_b));
    }
    return room;
}

Result<std::span<std::byte>> Stream::State::place_behind(Buffer& tail, const ReceiveWish& wish) {
    ReceiveBuffer& slab = loop.receive_buffer;
    if (is_large(wish)) {
        return place_in_block(tail, wish);
    }
    if (loop.streams > 1 && tail.size() >= copy_below_bytes && !slab.continues(tail, wish.need_b)) {
        // Others receive in between. In the slab it would be copied again each time that they do.
        if (Result<std::span<std::byte>> room = place_in_block(tail, wish)) {
            return room;
        }
    }
    block.release();
    Result<std::span<std::byte>> room = slab.writable(account, tail, wish.need_b);
    if (room) {
        room = end_with_message(*room, wish);
    }
    return room;
}

std::span<std::byte> Stream::State::end_with_message(std::span<std::byte> room,
                                                     const ReceiveWish& wish) {
    if (wish.is_final && wish.need_b >= long_message_bytes) {
        usual_message_b = wish.need_b;
    }
    // What is cut off is at most a message; copying as much at the end of the slab costs more.
    const std::size_t tail_b = carried_b;
    const std::size_t whole_b =
        usual_message_b > 0 ? (tail_b + room.size()) / usual_message_b * usual_message_b : 0;
    const std::size_t wished_b = std::max(wish.need_b, whole_b);
    return whole_b > tail_b ? room.first(wished_b - tail_b) : room;
}

Result<std::span<std::byte>> Stream::State::place_in_block(Buffer& tail, const ReceiveWish& wish) {
    if (!block.continues(tail, wish.need_b)) {
        block.release();
        Result<ReceiveBlock> opened = open_block(tail, wish);
        if (!opened) {
            return opened.error();
        }
        block = *std::move(opened);
    }
    return block.writable();
}

Result<ReceiveBlock> Stream::State::open_block(Buffer& tail, const ReceiveWish& wish) {
    const auto open = [&](std::size_t size_b) {
        wanted_b = std::max(size_b, loop.pool.slab_capacity());
        return ReceiveBlock::open(loop.pool, size_b, tail, account);
    };
    if (wish.is_final) {
        return open(wish.need_b);
    }
    Result<ReceiveBlock> opened = open(std::max(wish.need_b, 2 * tail.size()));
    if (!opened && opened.error().code() == Errc::too_large) {
        opened = open(wish.need_b);
    }
    if (opened) {
        opened->use_whole();
    }
    return opened;
}

Buffer Stream::State::take(std::size_t bytes) {
    if (!block.writable().empty()) {
        Buffer taken = block.take(bytes, carried_b);
        if (block.writable().empty()) {
            block.release();
        }
        return taken;
    }
    const bool copy = loop.streams > 1 && carried_b + bytes < copy_below_bytes;
    return copy ? loop.receive_buffer.take_copy(bytes, account, carried_b)
                : loop.receive_buffer.take(bytes, account, carried_b);
}

void Stream::State::park_tail() {
    const bool has_block = !block.writable().empty();
    if (loop.streams == 1 && !has_block) {
        return;
    }
    const ReceiveWish wish = handler->receive_wish();
    Buffer* const tail = wish.tail;
    const bool is_short = tail != nullptr && tail->size() < copy_below_bytes;
    if (tail == nullptr || tail->empty() || (is_short && !is_large(wish))) {
        block.release();
    }
    if (!is_short || tail->empty() || tail->kept_b() < loop.pool.slab_capacity() ||
        block.continues(*tail, wish.need_b)) {
        return;
    }
    if (loop.receive_buffer.move_out(*tail, account)) {
        moved_bytes += tail->size();
    }
}

/// Lets the handler give memory back; whether some came.
bool Stream::State::relieve() {
    const std::size_t used = loop.pool.statistics().used_b;
    return handler->on_starved() && loop.pool.statistics().used_b < used;
}

void Stream::State::wait_for_memory(bool has_share) {
    is_starved = true;
    if (has_share) {
        loop.pool.wait_for_memory(*this, wanted_b);
    } else {
        loop.pool.wait_for_account(*this, account);
    }
}

void Stream::State::hand_over(std::size_t bytes, std::optional<SystemTime> kernel_time) {
    last_receive = sys::now();
    Packet packet{.data = take(bytes),
                  .carried_b = carried_b,
                  .receive_time = sys::system_now(),
                  .receive_time_steady = last_receive,
                  .kernel_time = kernel_time,
                  .stream_offset = stream_offset};
    stream_offset += bytes;
    handler->on_packet(std::move(packet));
    if (!is_closed()) {
        park_tail();
    }
}

void Stream::State::send() {
    std::span<iovec> pieces = loop.send_pieces;
    for (std::size_t i = 0; i < sends_per_turn && !send_error; ++i) {
        const std::size_t count = queue.gather(pieces, bytes_per_send);
        if (count == 0) {
            if (!queue.rest()) {
                continue;
            }
            if (finish_requested && !std::exchange(finish_sent, true)) {
                static_cast<void>(sys::shutdown_send(socket));  // fails only if it is broken anyway
            }
            return;
        }
        const sys::IoResult result = sys::send(socket, pieces.first(count));
        if (result.status == sys::IoStatus::failed) {
            send_error = Error::from_errno(result.error);
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
    is_send_blocked = !send_error;
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
    loop.handlers.remove(token);
    loop.remove_stream(token);
    block.release();
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
    if (state_->send_error) {
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
    return state_->moved_bytes;
}

bool Stream::is_starved() const noexcept {
    return state_->is_starved;
}

}  // namespace sluice::net
