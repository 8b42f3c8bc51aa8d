#include "stages/socket_stats_fill.hpp"

#include <chrono>
#include <numeric>
#include <utility>

namespace sluice {
namespace {

using net::DropReason;

std::uint32_t unsigned_of(int value) noexcept {
    return value > 0 ? static_cast<std::uint32_t>(value) : 0;
}

void fill_disconnects(DisconnectCounts& counts, const net::LinkStatistics& look) {
    const auto of = [&look](Errc reason) {
        return look.disconnects[static_cast<std::size_t>(reason)];
    };
    counts.peer_closed = of(Errc::peer_closed);
    counts.connection_reset = of(Errc::connection_reset);
    counts.peer_dead = of(Errc::peer_dead);
    counts.data_timeout = of(Errc::data_timeout);
    counts.send_stalled = of(Errc::send_stalled);
    counts.bad_frame = of(Errc::bad_frame);
    counts.frame_timeout = of(Errc::frame_timeout);
    counts.stopped = of(Errc::stopped);
    counts.other = 0;
    counts.other =
        std::accumulate(look.disconnects.begin(), look.disconnects.end(), std::uint64_t{0}) -
        counts.total();
}

/// The messages or the bytes of every reason, as `part` chooses.
EgressDropCounts drops_of(const net::EgressLedger& ledger,
                          std::uint64_t net::EgressLedger::Count::*part) {
    const auto of = [&](DropReason reason) {
        return ledger.dropped[static_cast<std::size_t>(reason)].*part;
    };
    return {.not_connected = of(DropReason::not_connected),
            .buffer_full = of(DropReason::buffer_full),
            .too_large = of(DropReason::too_large),
            .connection_lost = of(DropReason::connection_lost),
            .stopped = of(DropReason::stopped)};
}

void fill_egress(SocketStats& stats, const net::EgressLedger& ledger) {
    using Count = net::EgressLedger::Count;
    stats.egress = {.accepted = ledger.accepted.messages,
                    .sent = ledger.sent.messages,
                    .queued = ledger.queued.messages,
                    .queued_bytes = ledger.queued.bytes,
                    .queued_bytes_max = ledger.queued_bytes_max,
                    .dropped = drops_of(ledger, &Count::messages)};
    stats.egress_bytes = {.accepted = ledger.accepted.bytes,
                          .sent = ledger.sent.bytes,
                          .queued = ledger.queued.bytes,
                          .dropped = drops_of(ledger, &Count::bytes)};
}

void fill_socket(SocketStats& stats, const net::EffectiveSocketOptions& socket) {
    stats.kernel = {.receive_buffer = unsigned_of(socket.receive_buffer_b),
                    .transmit_buffer = unsigned_of(socket.transmit_buffer_b)};
    stats.options = {.reuse_address = socket.reuse_address,
                     .nodelay = socket.nodelay,
                     .keepalive = socket.keepalive,
                     .keepalive_idle_s = unsigned_of(socket.keepalive_idle_s),
                     .keepalive_interval_s = unsigned_of(socket.keepalive_interval_s),
                     .keepalive_probes = unsigned_of(socket.keepalive_probes),
                     .user_timeout_ms = unsigned_of(socket.user_timeout_ms)};
}

}  // namespace

ConnectionStatus connection_status(net::LinkState state) noexcept {
    switch (state) {
        case net::LinkState::idle:
            return ConnectionStatus::idle;
        case net::LinkState::resolving:
            return ConnectionStatus::resolving;
        case net::LinkState::connecting:
            return ConnectionStatus::connecting;
        case net::LinkState::up:
            return ConnectionStatus::up;
        case net::LinkState::waiting:
            return ConnectionStatus::waiting;
        case net::LinkState::stopped:
            break;
    }
    return ConnectionStatus::stopped;
}

void fill_link_part(SocketStats& stats, const net::LinkStatistics& look) {
    stats.state = connection_status(look.state);
    stats.last_error = look.last_error ? look.last_error->message() : std::string();
    stats.attempts = look.attempts;
    stats.connects = look.connects;
    fill_disconnects(stats.disconnects, look);
    fill_egress(stats, look.egress);
    stats.largest_packet = look.largest_packet_bytes;
    stats.pool.pinned = look.held_bytes;
    fill_socket(stats, look.socket);
    stats.tcp = {.rtt_us = look.tcp.rtt_us,
                 .rtt_variance_us = look.tcp.rtt_us_variance,
                 .min_rtt_us = look.tcp.rtt_us_min,
                 .retransmits = look.tcp.retransmits,
                 .lost = look.tcp.lost,
                 .unacked = look.tcp.unacked,
                 .congestion_window = look.tcp.congestion_window,
                 .send_window = look.tcp.send_window,
                 .not_sent = look.tcp.unsent_bytes,
                 .delivery_rate = look.tcp.delivery_rate};
}

SocketRates RateMeter::measure(const SocketStats& stats, SteadyTime now) {
    const double seconds = std::chrono::duration<double>(now - std::exchange(time_, now)).count();
    const auto rate = [seconds](std::uint64_t& before, std::uint64_t count) {
        const auto more = static_cast<double>(count - std::exchange(before, count));
        return seconds > 0 ? more / seconds : 0;
    };
    return {.received_bytes = rate(received_.bytes, stats.received.bytes),
            .received_packets = rate(received_.packets, stats.received.packets),
            .published_groups = rate(published_groups_, stats.published.groups),
            .sent_bytes = rate(sent_bytes_, stats.egress_bytes.sent),
            .sent_messages = rate(sent_messages_, stats.egress.sent)};
}

}  // namespace sluice
