#include "sim/end.hpp"

#include <algorithm>
#include <cerrno>

#include "sim/state.hpp"
#include "sluice/core/check.hpp"

namespace sluice::sim {
namespace {

constexpr std::uint64_t everything = std::numeric_limits<std::uint64_t>::max();

/// What TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT are on Linux unless set (tcp(7)).
constexpr int keepalive_idle_s = 7200;
constexpr int keepalive_interval_s = 75;
constexpr int keepalive_probes = 9;

}  // namespace

End::End(std::uint64_t number, Owner belongs_to, SocketAddress::Family family)
    : id(number), owner(belongs_to) {
    local.family = family;
    remote.family = family;
    const Network& network = world().network;
    option(sys::SocketOption::receive_buffer_bytes) =
        static_cast<int>(network.receive_buffer_b * 2);
    option(sys::SocketOption::send_buffer_bytes) = static_cast<int>(network.send_buffer_b * 2);
    option(sys::SocketOption::keepalive_idle_s) = keepalive_idle_s;
    option(sys::SocketOption::keepalive_interval_s) = keepalive_interval_s;
    option(sys::SocketOption::keepalive_probes) = keepalive_probes;
    in.window = network.peer_window_b;
    if (owner == Owner::program) {
        in.window = network.receive_buffer_b;
        send_buffer = network.send_buffer_b;
    }
}

std::size_t End::send_room() const {
    return send_buffer - std::min(send_buffer, other->in.unacknowledged());
}

bool End::is_readable() const {
    if (phase == Phase::listening) {
        return !waiting.empty();
    }
    const bool decided = phase == Phase::connected || phase == Phase::ended;
    return decided && (in.readable() > 0 || in.fin_arrived || is_broken());
}

bool End::is_writable() const {
    if (phase != Phase::connected) {
        return phase == Phase::fresh || phase == Phase::ended;
    }
    // Linux wakes a sender only when a third of its buffer is free (sk_stream_is_writeable).
    return send_ended || send_room() * 2 >= other->in.unacknowledged();
}

void End::establish() {
    phase = Phase::connected;
    last_data = last_ack = world().steady;
    update_watch();
}

void End::append(const char* bytes, std::size_t size) {
    Direction& out = other->in;
    out.bytes.insert(out.bytes.end(), bytes, bytes + size);
    out.written += size;
}

void End::transmit() {
    Direction& out = other->in;
    out.last_due = std::max(out.last_due, world().steady + world().one_way());
    world().schedule(out.last_due, "arrive", other->id,
                     [receiver = other, written = out.written, fin = send_ended] {
                         receiver->in.due = std::max(receiver->in.due, written);
                         receiver->in.fin_due = receiver->in.fin_due || fin;
                         receiver->pump();
                     });
    update_watch();
}

std::size_t End::take(char* target, std::size_t size_max) {
    const std::size_t size = std::min(size_max, in.readable());
    const auto end = in.bytes.begin() + static_cast<std::ptrdiff_t>(size);
    std::copy(in.bytes.begin(), end, target);
    in.bytes.erase(in.bytes.begin(), end);
    in.read += size;
    return size;
}

void End::finish() {
    if (phase == Phase::connected && !send_ended) {
        send_ended = true;
        other->in.fin_sent = true;
        transmit();
    }
}

void End::reset() {
    if (phase != Phase::connected && phase != Phase::connecting) {
        return;
    }
    phase = Phase::ended;
    update_watch();
    if (other == nullptr) {
        return;
    }
    Direction& out = other->in;
    const std::uint64_t left = std::min(out.written, std::max(out.edge, out.arrived));
    out.bytes.resize(left - out.read);
    out.written = left;
    out.last_due = std::max(out.last_due, world().steady + world().one_way());
    world().schedule(out.last_due, "reset", other->id, [receiver = other] {
        receiver->in.reset_due = true;
        receiver->pump();
    });
}

void End::close() {
    open = false;
    on_receive = nullptr;
    for (End* end : waiting) {
        end->open = false;
        end->reset();
    }
    waiting.clear();
    // A kernel that throws unread bytes away says so to the sender by RST (RFC 1122, 4.2.2.13).
    if (phase == Phase::connecting || in.readable() > 0) {
        reset();
    } else {
        finish();
    }
    if (phase == Phase::listening || phase == Phase::fresh) {
        phase = Phase::ended;
    }
    update_watch();
}

void End::pump() {
    if (in.cut || phase != Phase::connected) {
        return;
    }
    do {
        in.edge = std::max(in.edge, in.read + in.window);
        const std::uint64_t arrived = std::min({in.due, in.edge, in.written});
        if (arrived > in.arrived) {
            if (!open) {
                reset();
                return;
            }
            world().trace("arrived", id, arrived - in.arrived);
            in.arrived = arrived;
            in.last_arrival = world().system;
            last_data = other->last_ack = world().steady;
            probes = other->probes = 0;
        }
        if (in.fin_due && in.arrived == in.written && !in.fin_arrived) {
            in.fin_arrived = true;
            other->last_ack = world().steady;
            other->probes = 0;
        }
    } while (owner == Owner::device && reading && drain(everything) && phase != Phase::ended);
    if (in.reset_due && phase == Phase::connected) {
        accept_reset();
    }
    update_watch();
    other->update_watch();
}

bool End::drain(std::size_t size_max) {
    const std::size_t size = std::min(size_max, in.readable());
    if (size == 0) {
        return false;
    }
    const std::size_t before = received.size();
    received.resize(before + size);
    take(received.data() + before, size);
    if (on_receive) {
        const std::function<void()> callback = on_receive;  // it may replace itself
        callback();
    }
    return true;
}

void End::announce_window() {
    const bool matters = in.written > in.edge || in.edge - in.arrived < in.window / 2;
    if (!matters || in.news_under_way || phase != Phase::connected) {
        return;
    }
    in.news_under_way = true;
    world().schedule(world().steady + world().one_way(), "window", id, [this] {
        in.news_under_way = false;
        pump();
    });
}

void End::accept_reset() {
    world().trace("was reset", id, 0);
    // Linux: tcp_reset() sets EPIPE when the peer had already ended its side.
    error = in.fin_arrived ? EPIPE : ECONNRESET;
    saw_reset = true;
    phase = Phase::ended;
}

}  // namespace sluice::sim
