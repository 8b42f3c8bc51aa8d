// What a TcpClientStage tells of itself once a second.
#include "sluice/stages/tcp_client_stage.hpp"

#include <gtest/gtest.h>

#include "sluice/sys/clock.hpp"
#include "support/client_pipeline.hpp"
#include "support/loopback_device.hpp"

namespace sluice::test {
namespace {

/// The equations of the ledger hold in every message.
void expect_balance(const SocketStats& stats) {
    EXPECT_EQ(stats.received.bytes, stats.published.bytes + stats.open_group.bytes);
    EXPECT_EQ(stats.received.packets, stats.published.packets + stats.open_group.packets);
    EXPECT_EQ(stats.egress.accepted,
              stats.egress.sent + stats.egress.dropped.total() + stats.egress.queued);
    EXPECT_EQ(
        stats.egress_bytes.accepted,
        stats.egress_bytes.sent + stats.egress_bytes.dropped.total() + stats.egress_bytes.queued);
    EXPECT_EQ(stats.connects,
              stats.disconnects.total() + (stats.state == ConnectionStatus::up ? 1U : 0U));
}

class TcpClientStageStats : public ::testing::Test {
  protected:
    ClientPipeline clients_;
};

TEST_F(TcpClientStageStats, ComeOnceASecondAlsoWhileDisconnected) {
    const LoopbackDevice device({}, {.is_present = false});
    ClientWatch& watch = clients_.add_watched_client(client_config(device.address()));
    clients_.start();
    ASSERT_TRUE(watch.wait([](const ClientRecord& r) { return r.stats.size() >= 3; }));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    const Duration between = record.stats[2].time - record.stats[0].time;
    EXPECT_GT(between, std::chrono::milliseconds(1500)) << "by the times that they carry";
    for (const SocketStats& stats : record.stats) {
        EXPECT_EQ(stats.stage, "device");
        EXPECT_EQ(stats.connects, 0U);
        EXPECT_GT(stats.attempts, 0U);
        EXPECT_NE(stats.last_error.find("refused"), std::string::npos) << stats.last_error;
        expect_balance(stats);
    }
    EXPECT_GE(record.stats[0].time - record.states[0].time, std::chrono::milliseconds(990))
        << "the first comes a second after the start";
}

TEST_F(TcpClientStageStats, CountWhatWentBothWays) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        connection.send("hello");
        connection.receive_text(7);
        connection.send(std::string(20'000, 'x'));
        connection.drain();
    });
    TcpClientStageConfig config = client_config(device.address());
    config.group_timeout_ms = 1;
    ClientWatch& watch = clients_.add_watched_client(config);
    clients_.add_commander();
    clients_.start();
    ASSERT_TRUE(watch.wait_received("hello"));
    clients_.send("command");
    const SocketStats stats =
        watch.wait_stats([](const SocketStats& s) { return s.received.bytes == 20'005; });
    expect_balance(stats);
    EXPECT_EQ(stats.state, ConnectionStatus::up);
    EXPECT_EQ(stats.peer, device.address());
    EXPECT_EQ(stats.last_error, "");
    EXPECT_EQ(stats.connects, 1U);
    EXPECT_EQ(stats.published.bytes, 20'005U);
    EXPECT_EQ(stats.received.groups, stats.published.groups);
    EXPECT_EQ(stats.published.groups, stats.published.packets);
    EXPECT_GE(stats.largest_packet, 10'000U);
    EXPECT_EQ(stats.egress.sent, 1U);
    EXPECT_EQ(stats.egress_bytes.sent, 7U);
    EXPECT_EQ(stats.egress.queued_bytes_max, 7U);
    EXPECT_GT(stats.rates.received_bytes, 0.0);
    EXPECT_GT(stats.rates.received_packets, 0.0);
    EXPECT_GT(stats.rates.published_groups, 0.0);
    EXPECT_GT(stats.rates.sent_bytes, 0.0);
    EXPECT_GT(stats.rates.sent_messages, 0.0);
    EXPECT_GT(stats.kernel.receive_buffer, 0U);
    EXPECT_GT(stats.kernel.transmit_buffer, 0U);
    EXPECT_EQ(stats.pool.size, 16U * 1024 * 1024);
    EXPECT_GT(stats.pool.peak, 0U);
    EXPECT_TRUE(stats.pool.holders.empty());
}

TEST_F(TcpClientStageStats, TellWhatTheKernelKnows) {
    LoopbackDevice device(
        [](DeviceConnection& connection, std::size_t /*number*/) { connection.drain(); });
    ClientWatch& watch = clients_.add_watched_client(client_config(device.address()));
    clients_.start();
    const SocketStats stats =
        watch.wait_stats([](const SocketStats& s) { return s.tcp.rtt_us > 0; });
    EXPECT_GT(stats.tcp.min_rtt_us, 0U);
    EXPECT_GT(stats.tcp.congestion_window, 0U);
    EXPECT_GT(stats.tcp.send_window, 0U);
    EXPECT_EQ(stats.tcp.not_sent, 0U);
}

TEST_F(TcpClientStageStats, RatesAreOfTheTimeSinceTheMessageBefore) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        connection.send("hello");
        connection.drain();
    });
    ClientWatch& watch = clients_.add_watched_client(client_config(device.address()));
    clients_.start();
    ASSERT_TRUE(watch.wait([](const ClientRecord& r) {
        return r.stats.size() >= 2 && r.stats[r.stats.size() - 2].received.bytes == 5;
    }));
    EXPECT_EQ(watch.record().stats.back().rates.received_bytes, 0.0);
}

TEST_F(TcpClientStageStats, NameTheReasonsOfDisconnects) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t number) {
        connection.receive_text(2);  // the connection is up on both sides
        if (number == 1) {
            connection.reset();
        } else if (number == 2) {
            connection.drain();
        }
    });
    TcpClientStageConfig config = client_config(device.address());
    config.on_connect = "hi";
    ClientWatch& watch = clients_.add_watched_client(config);
    clients_.start();
    const SocketStats stats =
        watch.wait_stats([](const SocketStats& s) { return s.connects == 3; });
    EXPECT_EQ(stats.disconnects.peer_closed, 1U);
    EXPECT_EQ(stats.disconnects.connection_reset, 1U);
    EXPECT_EQ(stats.disconnects.total(), 2U);
    EXPECT_EQ(watch.record().count_ends("peer_closed"), 1U);
    EXPECT_EQ(watch.record().count_ends("connection_reset"), 1U);
    expect_balance(stats);
}

TEST_F(TcpClientStageStats, AddUpInEveryMessageWhileDataRuns) {
    const std::string data(1'000'000, 'x');
    LoopbackDevice device([&data](DeviceConnection& connection, std::size_t /*number*/) {
        while (connection.send(data) == data.size()) {
        }
    });
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 64;
    clients_.add_client(config);
    Event enough;
    std::size_t messages = 0;
    clients_.pipeline.add("stats", std::make_unique<LambdaStage>([&](StageInterface& interface) {
                              interface.subscribe<SocketStats>(
                                  "/device/socket_stats", {},
                                  [&](const Delivery<SocketStats>& delivery) {
                                      const SocketStats& stats = delivery.message();
                                      expect_balance(stats);
                                      if (++messages == 3) {
                                          enough.set();
                                      }
                                  });
                          }));
    clients_.start();
    EXPECT_TRUE(enough.wait());
    clients_.pipeline.stop();
}

TEST_F(TcpClientStageStats, TheLastComeWithTheStop) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        connection.send("hello");
        connection.drain();
    });
    ClientWatch& watch = clients_.add_watched_client(client_config(device.address()));
    clients_.start();
    ASSERT_TRUE(watch.wait_received("hello"));
    clients_.pipeline.stop();
    const SocketStats last = watch.record().stats.back();
    EXPECT_EQ(last.state, ConnectionStatus::stopped);
    EXPECT_EQ(last.received.bytes, 5U);
    EXPECT_EQ(last.disconnects.stopped, 1U);
    expect_balance(last);
}

TEST_F(TcpClientStageStats, TheLatestStateIsKeptForWhoComesLate) {
    LoopbackDevice device(
        [](DeviceConnection& connection, std::size_t /*number*/) { connection.drain(); });
    ClientWatch& watch = clients_.add_watched_client(client_config(device.address()));
    clients_.start();
    ASSERT_TRUE(watch.wait_state(ConnectionStatus::up));
    const AnyMessage latest = clients_.pipeline.latest("/device/connection_state");
    ASSERT_NE(latest.get_if<ConnectionState>(), nullptr);
    const ConnectionState& state = *latest.get_if<ConnectionState>();
    EXPECT_EQ(state.stage, "device");
    EXPECT_EQ(state.state, ConnectionStatus::up);
    EXPECT_EQ(state.connection, 1U);
    EXPECT_EQ(state.peer, device.address());
    EXPECT_EQ(state.reason, "");
    EXPECT_EQ(state.realtime, RealtimeStatus::off);
}

TEST_F(TcpClientStageStats, AStateTellsWhyInACodeAndInWords) {
    const LoopbackDevice device({}, {.is_present = false});
    const SystemTime before = sys::system_now();
    ClientWatch& watch = clients_.add_watched_client(client_config(device.address()));
    clients_.start();
    ASSERT_TRUE(watch.wait_state(ConnectionStatus::waiting));
    const ClientRecord record = watch.record();
    const auto state = std::ranges::find(record.states, ConnectionStatus::waiting,
                                         [](const ConnectionState& s) { return s.state; });
    EXPECT_EQ(state->stage, "device");
    EXPECT_GE(state->time, before);
    EXPECT_LE(state->time, sys::system_now());
    EXPECT_EQ(state->reason, "connection_refused");
    EXPECT_NE(state->message.find("refused"), std::string::npos) << state->message;
    EXPECT_EQ(state->connection, 0U) << "there was none yet";
    EXPECT_EQ(state->peer, "");
}

}  // namespace
}  // namespace sluice::test
