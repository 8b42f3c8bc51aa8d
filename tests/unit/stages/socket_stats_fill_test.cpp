#include "stages/socket_stats_fill.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using net::DropReason;

/// The statistics of a link in which one number stands out from what a default one has.
template <typename Change>
SocketStats filled(Change change) {
    net::LinkStatistics look;
    change(look);
    SocketStats stats;
    fill_link_part(stats, look);
    return stats;
}

std::uint64_t& disconnects(net::LinkStatistics& look, Errc reason) {
    return look.disconnects[static_cast<std::size_t>(reason)];
}

TEST(SocketStatsFill, StatesAreThoseOfTheLink) {
    EXPECT_EQ(connection_status(net::LinkState::idle), ConnectionStatus::idle);
    EXPECT_EQ(connection_status(net::LinkState::resolving), ConnectionStatus::resolving);
    EXPECT_EQ(connection_status(net::LinkState::connecting), ConnectionStatus::connecting);
    EXPECT_EQ(connection_status(net::LinkState::up), ConnectionStatus::up);
    EXPECT_EQ(connection_status(net::LinkState::waiting), ConnectionStatus::waiting);
    EXPECT_EQ(connection_status(net::LinkState::stopped), ConnectionStatus::stopped);
}

TEST(SocketStatsFill, AnErrorIsForgottenWhenTheLinkHasNone) {
    net::LinkStatistics look;
    look.last_error = Error(Errc::peer_closed);
    SocketStats stats;
    fill_link_part(stats, look);
    EXPECT_EQ(stats.last_error, Error(Errc::peer_closed).message());
    look.last_error.reset();
    fill_link_part(stats, look);
    EXPECT_EQ(stats.last_error, "");
}

TEST(SocketStatsFill, EveryEndOfAConnectionHasItsReasonOrIsAnother) {
    const SocketStats stats = filled([](net::LinkStatistics& look) {
        look.attempts = 9;
        look.connects = 8;
        disconnects(look, Errc::peer_closed) = 1;
        disconnects(look, Errc::connection_reset) = 2;
        disconnects(look, Errc::peer_dead) = 3;
        disconnects(look, Errc::data_timeout) = 4;
        disconnects(look, Errc::send_stalled) = 5;
        disconnects(look, Errc::stopped) = 6;
        disconnects(look, Errc::unreachable) = 7;
        disconnects(look, Errc::system) = 10;
    });
    EXPECT_EQ(stats.attempts, 9U);
    EXPECT_EQ(stats.connects, 8U);
    EXPECT_EQ(stats.disconnects.peer_closed, 1U);
    EXPECT_EQ(stats.disconnects.connection_reset, 2U);
    EXPECT_EQ(stats.disconnects.peer_dead, 3U);
    EXPECT_EQ(stats.disconnects.data_timeout, 4U);
    EXPECT_EQ(stats.disconnects.send_stalled, 5U);
    EXPECT_EQ(stats.disconnects.stopped, 6U);
    EXPECT_EQ(stats.disconnects.other, 17U);
}

TEST(SocketStatsFill, EgressIsInMessagesAndInBytes) {
    const SocketStats stats = filled([](net::LinkStatistics& look) {
        look.egress.accepted = {1, 11};
        look.egress.sent = {2, 12};
        look.egress.queued = {3, 13};
        look.egress.queued_bytes_max = 14;
    });
    EXPECT_EQ(stats.egress.accepted, 1U);
    EXPECT_EQ(stats.egress.sent, 2U);
    EXPECT_EQ(stats.egress.queued, 3U);
    EXPECT_EQ(stats.egress.queued_bytes, 13U);
    EXPECT_EQ(stats.egress.queued_bytes_max, 14U);
    EXPECT_EQ(stats.egress_bytes.accepted, 11U);
    EXPECT_EQ(stats.egress_bytes.sent, 12U);
    EXPECT_EQ(stats.egress_bytes.queued, 13U);
}

TEST(SocketStatsFill, EveryReasonOfADropHasItsCount) {
    const SocketStats stats = filled([](net::LinkStatistics& look) {
        for (std::size_t reason = 0; reason < net::drop_reason_count; ++reason) {
            look.egress.dropped[reason] = {1 + reason, 11 + reason};
        }
    });
    const auto expect = [&](DropReason reason, std::uint64_t messages, std::uint64_t bytes) {
        EXPECT_EQ(messages, 1 + static_cast<std::size_t>(reason)) << net::name(reason);
        EXPECT_EQ(bytes, 11 + static_cast<std::size_t>(reason)) << net::name(reason);
    };
    const EgressDropCounts& messages = stats.egress.dropped;
    const EgressDropCounts& bytes = stats.egress_bytes.dropped;
    expect(DropReason::not_connected, messages.not_connected, bytes.not_connected);
    expect(DropReason::buffer_full, messages.buffer_full, bytes.buffer_full);
    expect(DropReason::too_large, messages.too_large, bytes.too_large);
    expect(DropReason::connection_lost, messages.connection_lost, bytes.connection_lost);
    expect(DropReason::stopped, messages.stopped, bytes.stopped);
}

TEST(SocketStatsFill, SocketIsWhatTheKernelSays) {
    const SocketStats stats = filled([](net::LinkStatistics& look) {
        look.largest_packet_bytes = 1;
        look.held_bytes = 2;
        look.socket = {.reuse_address = true,
                       .nodelay = false,
                       .receive_buffer_b = 3,
                       .transmit_buffer_b = 4,
                       .keepalive = true,
                       .keepalive_idle_s = 5,
                       .keepalive_interval_s = 6,
                       .keepalive_probes = 7,
                       .user_timeout_ms = 8};
    });
    EXPECT_EQ(stats.largest_packet, 1U);
    EXPECT_EQ(stats.pool.pinned, 2U);
    EXPECT_EQ(stats.kernel.receive_buffer, 3U);
    EXPECT_EQ(stats.kernel.transmit_buffer, 4U);
    EXPECT_TRUE(stats.options.reuse_address);
    EXPECT_FALSE(stats.options.nodelay);
    EXPECT_TRUE(stats.options.keepalive);
    EXPECT_EQ(stats.options.keepalive_idle_s, 5U);
    EXPECT_EQ(stats.options.keepalive_interval_s, 6U);
    EXPECT_EQ(stats.options.keepalive_probes, 7U);
    EXPECT_EQ(stats.options.user_timeout_ms, 8U);
    EXPECT_TRUE(filled([](auto& look) { look.socket.nodelay = true; }).options.nodelay);
}

TEST(SocketStatsFill, TcpIsWhatTheKernelSays) {
    const SocketStats stats = filled([](net::LinkStatistics& look) {
        look.tcp.rtt_us = 1;
        look.tcp.rtt_us_variance = 2;
        look.tcp.rtt_us_min = 3;
        look.tcp.retransmits = 4;
        look.tcp.lost = 5;
        look.tcp.unacked = 6;
        look.tcp.congestion_window = 7;
        look.tcp.send_window = 8;
        look.tcp.unsent_bytes = 9;
        look.tcp.delivery_rate = 10;
    });
    EXPECT_EQ(stats.tcp.rtt_us, 1U);
    EXPECT_EQ(stats.tcp.rtt_variance_us, 2U);
    EXPECT_EQ(stats.tcp.min_rtt_us, 3U);
    EXPECT_EQ(stats.tcp.retransmits, 4U);
    EXPECT_EQ(stats.tcp.lost, 5U);
    EXPECT_EQ(stats.tcp.unacked, 6U);
    EXPECT_EQ(stats.tcp.congestion_window, 7U);
    EXPECT_EQ(stats.tcp.send_window, 8U);
    EXPECT_EQ(stats.tcp.not_sent, 9U);
    EXPECT_EQ(stats.tcp.delivery_rate, 10U);
}

TEST(RateMeter, RatesAreOfTheTimeSinceTheCallBefore) {
    const SteadyTime begin{};
    RateMeter meter(begin);
    SocketStats stats;
    stats.received = {.bytes = 100, .packets = 20, .groups = 7};
    stats.published = {.bytes = 90, .packets = 18, .groups = 4};
    stats.egress_bytes.sent = 60;
    stats.egress.sent = 2;
    const SocketRates first = meter.measure(stats, begin + std::chrono::seconds(2));
    EXPECT_EQ(first.received_bytes, 50.0);
    EXPECT_EQ(first.received_packets, 10.0);
    EXPECT_EQ(first.published_groups, 2.0);
    EXPECT_EQ(first.sent_bytes, 30.0);
    EXPECT_EQ(first.sent_messages, 1.0);
    stats.received.bytes = 101;
    const SocketRates second = meter.measure(stats, begin + std::chrono::milliseconds(2500));
    EXPECT_EQ(second.received_bytes, 2.0);
    EXPECT_EQ(second.received_packets, 0.0);
    EXPECT_EQ(meter.measure(stats, begin + std::chrono::milliseconds(2500)).received_bytes, 0.0)
        << "no time has passed";
}

}  // namespace
}  // namespace sluice
