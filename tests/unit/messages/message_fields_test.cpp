// The names of the messages' fields in JSON, and what they stand for.
#include <gtest/gtest.h>

#include "sluice/messages/connection_state.hpp"
#include "sluice/messages/egress_packet.hpp"
#include "sluice/messages/socket_stats.hpp"
#include "sluice/messages/tcp_packet_group.hpp"
#include "support/described_members.hpp"

namespace sluice::test {
namespace {

TEST(MessageFields, OfSocketStats) {
    const SocketStats stats;
    expect_members(stats, {{"stage", &stats.stage},
                           {"time_ns", &stats.time},
                           {"state", &stats.state},
                           {"peer", &stats.peer},
                           {"last_error", &stats.last_error},
                           {"realtime", &stats.realtime},
                           {"attempts", &stats.attempts},
                           {"connects", &stats.connects},
                           {"disconnects", &stats.disconnects},
                           {"received", &stats.received},
                           {"open_group", &stats.open_group},
                           {"published", &stats.published},
                           {"framing", &stats.framing},
                           {"egress", &stats.egress},
                           {"egress_bytes", &stats.egress_bytes},
                           {"rates", &stats.rates},
                           {"largest_packet", &stats.largest_packet},
                           {"pool", &stats.pool},
                           {"kernel", &stats.kernel},
                           {"options", &stats.options},
                           {"tcp", &stats.tcp}});
}

TEST(MessageFields, OfWhatWasReceivedAndPublished) {
    const TransferCounts counts;
    expect_members(
        counts,
        {{"bytes", &counts.bytes}, {"packets", &counts.packets}, {"groups", &counts.groups}});
    const OpenGroupCounts open;
    expect_members(open, {{"bytes", &open.bytes}, {"packets", &open.packets}});
    const SocketRates rates;
    expect_members(rates, {{"received_bytes", &rates.received_bytes},
                           {"received_packets", &rates.received_packets},
                           {"published_groups", &rates.published_groups},
                           {"sent_bytes", &rates.sent_bytes},
                           {"sent_messages", &rates.sent_messages}});
}

TEST(MessageFields, OfWhatWasSentAndDropped) {
    const EgressMessageCounts messages;
    expect_members(messages, {{"accepted", &messages.accepted},
                              {"sent", &messages.sent},
                              {"queued", &messages.queued},
                              {"queued_bytes", &messages.queued_bytes},
                              {"queued_bytes_max", &messages.queued_bytes_max},
                              {"dropped", &messages.dropped}});
    const EgressByteCounts bytes;
    expect_members(bytes, {{"accepted", &bytes.accepted},
                           {"sent", &bytes.sent},
                           {"queued", &bytes.queued},
                           {"dropped", &bytes.dropped}});
    const EgressDropCounts drops;
    expect_members(drops, {{"not_connected", &drops.not_connected},
                           {"buffer_full", &drops.buffer_full},
                           {"too_large", &drops.too_large},
                           {"connection_lost", &drops.connection_lost},
                           {"stopped", &drops.stopped}});
}

TEST(MessageFields, OfTheConnectionAndItsSocket) {
    const DisconnectCounts ends;
    expect_members(ends, {{"peer_closed", &ends.peer_closed},
                          {"connection_reset", &ends.connection_reset},
                          {"peer_dead", &ends.peer_dead},
                          {"data_timeout", &ends.data_timeout},
                          {"send_stalled", &ends.send_stalled},
                          {"bad_frame", &ends.bad_frame},
                          {"frame_timeout", &ends.frame_timeout},
                          {"stopped", &ends.stopped},
                          {"other", &ends.other}});
    const PoolStats pool;
    expect_members(pool, {{"size", &pool.size},
                          {"used", &pool.used},
                          {"peak", &pool.peak},
                          {"pinned", &pool.pinned},
                          {"holders", &pool.holders}});
    const KernelBufferStats kernel;
    expect_members(kernel, {{"receive_buffer", &kernel.receive_buffer},
                            {"transmit_buffer", &kernel.transmit_buffer}});
    const SocketOptionStats options;
    expect_members(options, {{"reuse_address", &options.reuse_address},
                             {"nodelay", &options.nodelay},
                             {"keepalive", &options.keepalive},
                             {"keepalive_idle_s", &options.keepalive_idle_s},
                             {"keepalive_interval_s", &options.keepalive_interval_s},
                             {"keepalive_probes", &options.keepalive_probes},
                             {"user_timeout_ms", &options.user_timeout_ms}});
    const TcpStats tcp;
    expect_members(tcp, {{"rtt_us", &tcp.rtt_us},
                         {"rtt_variance_us", &tcp.rtt_variance_us},
                         {"min_rtt_us", &tcp.min_rtt_us},
                         {"retransmits", &tcp.retransmits},
                         {"lost", &tcp.lost},
                         {"unacked", &tcp.unacked},
                         {"congestion_window", &tcp.congestion_window},
                         {"send_window", &tcp.send_window},
                         {"not_sent", &tcp.not_sent},
                         {"delivery_rate", &tcp.delivery_rate}});
}

TEST(MessageFields, OfConnectionState) {
    const ConnectionState state;
    expect_members(state, {{"stage", &state.stage},
                           {"time_ns", &state.time},
                           {"state", &state.state},
                           {"reason", &state.reason},
                           {"message", &state.message},
                           {"connection", &state.connection},
                           {"peer", &state.peer},
                           {"retry_after_ms", &state.retry_after_ms},
                           {"realtime", &state.realtime}});
}

TEST(MessageFields, OfPackets) {
    const TcpPacketGroup group;
    expect_members(group, {{"connection", &group.connection},
                           {"peer", &group.peer},
                           {"sequence", &group.sequence},
                           {"packets", &group.packets}});
    const TcpPacket packet;
    expect_members(packet, {{"receive_time_ns", &packet.receive_time},
                            {"receive_time_steady_ns", &packet.receive_time_steady},
                            {"kernel_time_ns", &packet.kernel_time},
                            {"stream_offset", &packet.stream_offset},
                            {"data", &packet.data}});
    const EgressPacket egress;
    expect_members(egress, {{"data", &egress.data}, {"fragments", &egress.fragments}});
}

TEST(MessageFields, TotalsAreOfAllReasons) {
    const DisconnectCounts ends{.peer_closed = 1,
                                .connection_reset = 10,
                                .peer_dead = 100,
                                .data_timeout = 1000,
                                .send_stalled = 10'000,
                                .bad_frame = 100'000,
                                .frame_timeout = 1'000'000,
                                .stopped = 10'000'000,
                                .other = 100'000'000};
    EXPECT_EQ(ends.total(), 111'111'111U);
    const EgressDropCounts drops{.not_connected = 1,
                                 .buffer_full = 10,
                                 .too_large = 100,
                                 .connection_lost = 1000,
                                 .stopped = 10'000};
    EXPECT_EQ(drops.total(), 11'111U);
}

}  // namespace
}  // namespace sluice::test
