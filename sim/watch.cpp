// The timers by which a kernel gives a connection up, after net/ipv4/tcp_timer.c of Linux.
#include <algorithm>
#include <cerrno>

#include "sim/end.hpp"
#include "sim/state.hpp"

namespace sluice::sim {
namespace {

constexpr Duration backoff_first = std::chrono::milliseconds(200);  // TCP_RTO_MIN
constexpr Duration backoff_max = std::chrono::seconds(120);         // TCP_RTO_MAX
constexpr unsigned tries_max = 15;                                  // net.ipv4.tcp_retries2

Duration backoff(unsigned tries) {
    return tries < 10 ? backoff_first * (1 << tries) : backoff_max;
}

/// What `end` is waiting for its peer to do.
Watch::Kind kind_of_wait(End& end) {
    if (end.owner != End::Owner::program || !end.open || end.phase != End::Phase::connected ||
        end.local.family == SocketAddress::Family::unix_path) {
        return Watch::Kind::none;
    }
    const Direction& out = end.other->in;
    if (out.unacknowledged() > 0) {
        return out.edge > out.arrived ? Watch::Kind::retransmit : Watch::Kind::window_probe;
    }
    if (out.fin_sent && !out.fin_arrived) {
        return Watch::Kind::retransmit;
    }
    const bool keepalive = end.option(sys::SocketOption::keepalive) != 0 && !end.is_over();
    return keepalive ? Watch::Kind::keepalive : Watch::Kind::none;
}

SteadyTime last_heard(const End& end) {
    return std::max(end.last_data, end.last_ack);
}

SteadyTime next_time(End& end) {
    const Watch& watch = end.watch;
    if (watch.kind == Watch::Kind::keepalive) {
        const auto idle = std::chrono::seconds(end.option(sys::SocketOption::keepalive_idle_s));
        const auto interval =
            std::chrono::seconds(end.option(sys::SocketOption::keepalive_interval_s));
        return end.probes == 0 ? last_heard(end) + idle : watch.fired + interval;
    }
    const SteadyTime next = watch.fired + backoff(watch.tries);
    const Duration limit = end.user_timeout();
    return limit > Duration::zero() ? std::min(next, watch.since + limit) : next;
}

}  // namespace

void End::update_watch() {
    const Watch::Kind kind = kind_of_wait(*this);
    const std::uint64_t progress = other ? other->in.arrived : 0;
    if (kind != watch.kind || progress != watch.progress) {
        watch.kind = kind;
        watch.progress = progress;
        watch.since = watch.fired = world().steady;
        watch.tries = 0;
    }
    if (kind == Watch::Kind::none) {
        world().cancel(watch.event);
        return;
    }
    const SteadyTime time = next_time(*this);
    if (!watch.event || watch.event->first != time) {
        world().cancel(watch.event);
        watch.event = world().schedule(time, "timer", id, [this] {
            watch.event.reset();
            fire_watch();
        });
    }
}

void End::fire_watch() {
    const Duration limit = user_timeout();
    const bool limit_over = limit > Duration::zero() && world().steady - watch.since >= limit;
    const bool no_limit = limit == Duration::zero();
    switch (watch.kind) {
        case Watch::Kind::none:
            return;
        case Watch::Kind::keepalive:
            fire_keepalive();
            return;
        case Watch::Kind::retransmit:
            if (limit_over || (no_limit && watch.tries >= tries_max)) {
                die();
                return;
            }
            ++retransmits;
            break;
        case Watch::Kind::window_probe:
            // TCP_USER_TIMEOUT ends a connection whose peer answers but takes nothing, too.
            if (limit_over || (no_limit && probes >= tries_max)) {
                die();
                return;
            }
            probe();
            break;
    }
    ++watch.tries;
    watch.fired = world().steady;
    update_watch();
}

void End::fire_keepalive() {
    const Duration limit = user_timeout();
    const Duration quiet = world().steady - last_heard(*this);
    const unsigned probes_max = static_cast<unsigned>(option(sys::SocketOption::keepalive_probes));
    if (limit > Duration::zero() ? quiet >= limit && probes > 0 : probes >= probes_max) {
        die();
        return;
    }
    probe();
    watch.fired = world().steady;
    update_watch();
}

void End::probe() {
    ++probes;
    if (!in.cut) {
        probes = 0;
        last_ack = world().steady;
    }
}

void End::die() {
    world().trace("timed out", id, 0);
    reset();
    error = ETIMEDOUT;
}

}  // namespace sluice::sim
