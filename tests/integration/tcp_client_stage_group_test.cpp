// How a TcpClientStage groups what it receives, and when it publishes.
#include "sluice/stages/tcp_client_stage.hpp"

#include <gtest/gtest.h>

#include "sluice/sys/clock.hpp"
#include "support/client_pipeline.hpp"
#include "support/loopback_device.hpp"

namespace sluice::test {
namespace {

constexpr std::uint32_t hour_ms = 3'600'000;

/// Sends `count` packets, each after the one before was answered: so each is one receive.
void send_packets(DeviceConnection& connection, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        connection.send(std::string(1, static_cast<char>('a' + i)));
        connection.receive_text(1);
    }
}

/// Sends all of it on the first connection, which it then closes.
LoopbackDevice::Script send_once(const std::string& data) {
    return [&data](DeviceConnection& connection, std::size_t number) {
        if (number == 0) {
            connection.send(data);
        } else {
            connection.drain();
        }
    };
}

class TcpClientStageGroup : public ::testing::Test {
  protected:
    ClientPipeline clients_;
};

TEST_F(TcpClientStageGroup, OneReceiveIsAPacketAndAGroupByDefault) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        send_packets(connection, 3);
        connection.drain();
    });
    ClientWatch& watch = clients_.add_watched_client(client_config(device.address()));
    clients_.add_commander();
    clients_.start();
    for (std::size_t i = 1; i <= 3; ++i) {
        ASSERT_TRUE(watch.wait_groups(i));
        clients_.send("k");
    }
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    ASSERT_EQ(record.groups.size(), 3U);
    EXPECT_EQ(record.received(), "abc");
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(record.groups[i].packets, std::vector<std::size_t>{1});
        EXPECT_EQ(record.groups[i].sequence, i);
        EXPECT_EQ(record.groups[i].connection, 1U);
        EXPECT_EQ(record.groups[i].peer, device.address());
    }
}

TEST_F(TcpClientStageGroup, PacketsCarryTheTimeOfTheirReceiveOnBothClocks) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        connection.receive_text(1);
        connection.send("ping");
        connection.drain();
    });
    ClientWatch& watch = clients_.add_watched_client(client_config(device.address()));
    clients_.add_commander();
    clients_.start();
    ASSERT_TRUE(watch.wait_state(ConnectionStatus::up));
    const SystemTime before = sys::system_now();
    const SteadyTime steady_before = sys::now();
    clients_.send("k");
    ASSERT_TRUE(watch.wait_received("ping"));
    const RecordedGroup group = watch.record().groups.front();
    EXPECT_GE(group.receive_time, before);
    EXPECT_LE(group.receive_time, sys::system_now());
    EXPECT_GE(group.receive_time_steady, steady_before);
    EXPECT_LE(group.receive_time_steady, sys::now());
}

TEST_F(TcpClientStageGroup, AGroupIsPublishedWhenGroupSizePacketsAreThere) {
    const std::string data(4'000'000, 'x');
    LoopbackDevice device(send_once(data));
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 5;
    config.group_timeout_ms = 0;
    config.receive_slab_size_b = 16'384;  // a receive returns no more
    ClientWatch& watch = clients_.add_watched_client(config);
    clients_.start();
    ASSERT_TRUE(watch.wait(
        [&](const ClientRecord& r) { return r.received().size() > data.size() - 5 * 16'384; }));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    EXPECT_EQ(record.received(), data) << "the last group is published by the stop";
    for (std::size_t i = 0; i < record.groups.size(); ++i) {
        const RecordedGroup& group = record.groups[i];
        EXPECT_EQ(group.sequence, i);
        EXPECT_TRUE(group.offsets_follow);
        if (i + 1 < record.groups.size()) {
            EXPECT_EQ(group.packets.size(), 5U);
        }
    }
}

TEST_F(TcpClientStageGroup, AGroupThatIsNotFullIsPublishedAfterItsTimeout) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        connection.send("ping");
        connection.receive_text(1);  // nothing comes before the group was seen
        connection.send("pong");
        connection.drain();
    });
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 1000;
    config.group_timeout_ms = 20;
    ClientWatch& watch = clients_.add_watched_client(config);
    clients_.add_commander();
    clients_.start();
    ASSERT_TRUE(watch.wait_received("ping"));
    clients_.send("k");
    ASSERT_TRUE(watch.wait_received("pingpong")) << "the timer serves every group";
}

TEST_F(TcpClientStageGroup, WithoutATimeoutAGroupWaits) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        connection.send("ping");
        connection.drain();
    });
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 1000;
    config.group_timeout_ms = 0;
    ClientWatch& watch = clients_.add_watched_client(config);
    clients_.start();
    const SocketStats stats =
        watch.wait_stats([](const SocketStats& s) { return s.received.bytes == 4; });
    EXPECT_EQ(stats.open_group.bytes, 4U);
    EXPECT_EQ(stats.open_group.packets, 1U);
    EXPECT_EQ(stats.published.groups, 0U);
    EXPECT_TRUE(watch.record().groups.empty());
    clients_.pipeline.stop();
    EXPECT_EQ(watch.record().received(), "ping");
}

TEST_F(TcpClientStageGroup, DataComesBeforeTheEndOfItsConnectionAndIsNeverMixed) {
    constexpr std::size_t connections = 50;
    LoopbackDevice device([](DeviceConnection& connection, std::size_t number) {
        connection.send("<" + std::to_string(number) + ">");
        if (number + 1 >= connections) {
            connection.drain();
        }
    });
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 1000;
    config.group_timeout_ms = hour_ms;
    ClientWatch& watch = clients_.add_watched_client(config);
    clients_.start();
    ASSERT_TRUE(watch.wait_groups(connections - 1));
    clients_.pipeline.stop();
    std::string expected;
    for (std::size_t i = 0; i < connections; ++i) {
        expected += "connectingup<<" + std::to_string(i) + ">>";
        expected += i + 1 < connections ? "waiting" : "stopped";
    }
    const ClientRecord record = watch.record();
    if (record.groups.size() == connections) {
        EXPECT_EQ(record.story, expected);
    } else {  // stopped before the last connection said something
        EXPECT_EQ(record.groups.size(), connections - 1);
        EXPECT_EQ(record.story.find("waiting<"), std::string::npos);
    }
    for (std::size_t i = 0; i < record.groups.size(); ++i) {
        EXPECT_EQ(record.groups[i].connection, i + 1);
    }
}

TEST_F(TcpClientStageGroup, ASmallPoolPublishesEarlyAndDoesNotStop) {
    std::string data(20'000'000, '\0');
    for (std::size_t i = 0; i < data.size(); ++i) {
        data[i] = static_cast<char>(i * 31 + i / 251);
    }
    LoopbackDevice device(send_once(data));
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 1000;
    config.group_timeout_ms = hour_ms;
    config.receive_pool_size_b = 262'144;
    config.receive_slab_size_b = 65'536;
    ClientWatch& watch = clients_.add_watched_client(config);
    clients_.start();
    const SocketStats stats =
        watch.wait_stats([](const SocketStats& s) { return s.disconnects.peer_closed > 0; });
    EXPECT_EQ(stats.pool.size, 262'144U);
    EXPECT_LE(stats.pool.peak, 262'144U);
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    EXPECT_TRUE(record.received() == data);
    for (const RecordedGroup& group : record.groups) {
        EXPECT_LT(group.bytes.size(), 2 * 65'536U) << "a quarter of the pool and a packet";
    }
}

TEST_F(TcpClientStageGroup, ManyWhoMayLoseMessagesMakeGroupsSmaller) {
    constexpr std::size_t listeners = 14;  // a sixteenth of the pool is left for a group
    const std::string data(3'000'000, 'x');
    LoopbackDevice device(send_once(data));
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 10'000;
    config.group_timeout_ms = hour_ms;
    config.receive_pool_size_b = 1'048'576;
    config.receive_slab_size_b = 16'384;
    ClientWatch& watch = clients_.add_watched_client(config);
    for (std::size_t i = 0; i < listeners; ++i) {
        clients_.add_listener("listener" + std::to_string(i), {},
                              [](const Delivery<TcpPacketGroup>& /*delivery*/) {});
    }
    clients_.start();
    ASSERT_TRUE(watch.wait_end("peer_closed"));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    EXPECT_TRUE(record.received() == data);
    for (const RecordedGroup& group : record.groups) {
        EXPECT_LT(group.bytes.size(), 65'536U + 16'384U);
    }
}

TEST_F(TcpClientStageGroup, QueuesThatMayLoseMessagesGiveTheirOldestUpWhenThePoolIsDry) {
    const std::string data(3'000'000, 'x');
    LoopbackDevice device(send_once(data));
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 10'000;
    config.group_timeout_ms = hour_ms;
    config.receive_pool_size_b = 65'536;
    config.receive_slab_size_b = 16'384;
    clients_.add_client(config);
    Event ended;
    clients_.pipeline.add("states", std::make_unique<LambdaStage>([&](StageInterface& interface) {
                              interface.subscribe<ConnectionState>(
                                  "/device/connection_state", {},
                                  [&](const Delivery<ConnectionState>& delivery) {
                                      if (delivery.message().reason == "peer_closed") {
                                          ended.set();
                                      }
                                  });
                          }));
    // Its callback ends when the whole stream was read, past what its queue may hold.
    clients_.add_listener(
        "stuck", {.policy = SubscriptionPolicy::drop_oldest, .queue_depth = 1000},
        [&](const Delivery<TcpPacketGroup>& /*delivery*/) { EXPECT_TRUE(ended.wait()); });
    clients_.start();
    EXPECT_TRUE(ended.wait());
    clients_.pipeline.stop();
    for (const StageStatistics& stage : clients_.pipeline.statistics()) {
        if (stage.name == "stuck") {
            // A message holds no more than the pool, and only a few can be held at the end.
            EXPECT_GT(stage.subscriptions.at(0).messages.reclaimed,
                      data.size() / *config.receive_pool_size_b - 5);
        }
    }
}

}  // namespace
}  // namespace sluice::test
