// A TcpClientStage stops in every state, alone and with others on one event loop.
#include "sluice/stages/tcp_client_stage.hpp"

#include <gtest/gtest.h>

#include "sluice/net/event_loop_thread.hpp"
#include "support/client_pipeline.hpp"
#include "support/loopback_device.hpp"

namespace sluice::test {
namespace {

void drain(DeviceConnection& connection, std::size_t /*number*/) {
    connection.drain();
}

/// Starts a client, waits for a state, stops it, and returns the last state that it told.
ConnectionStatus stop_while(ConnectionStatus state, const TcpClientStageConfig& config) {
    ClientPipeline clients;
    ClientWatch& watch = clients.add_watched_client(config);
    clients.start();
    EXPECT_TRUE(watch.wait_state(state));
    clients.pipeline.stop();
    return watch.record().states.back().state;
}

TEST(TcpClientStageStop, BeforeTheStart) {
    ClientPipeline clients;
    clients.add_client(client_config("127.0.0.1:1"));
    clients.pipeline.stop();
}

TEST(TcpClientStageStop, WhenAnotherStageDoesNotStart) {
    ClientPipeline clients;
    clients.add_watched_client(client_config("127.0.0.1:1"));
    clients.pipeline.add("broken",
                         std::make_unique<LambdaStage>(
                             [](StageInterface& interface) {
                                 static_cast<void>(interface.publisher<EgressPacket>("/other"));
                             },
                             [] { return Result<void>(Error(Errc::limit_reached)); }));
    EXPECT_FALSE(clients.pipeline.start());
}

TEST(TcpClientStageStop, RightAfterTheStart) {
    for (int i = 0; i < 20; ++i) {
        ClientPipeline clients;
        ClientWatch& watch = clients.add_watched_client(client_config("127.0.0.1:1"));
        clients.start();
        clients.pipeline.stop();
        EXPECT_EQ(watch.record().states.back().state, ConnectionStatus::stopped);
    }
}

TEST(TcpClientStageStop, WhileResolving) {
    EXPECT_EQ(stop_while(ConnectionStatus::resolving, client_config("nosuch.invalid:1")),
              ConnectionStatus::stopped);
}

TEST(TcpClientStageStop, WhileConnecting) {
    LoopbackDevice device(drain);
    EXPECT_EQ(stop_while(ConnectionStatus::connecting, client_config(device.address())),
              ConnectionStatus::stopped);
}

TEST(TcpClientStageStop, WhileWaiting) {
    const LoopbackDevice device({}, {.is_present = false});
    TcpClientStageConfig config = client_config(device.address());
    config.reconnect_initial_ms = config.reconnect_max_ms = 3'600'000;
    EXPECT_EQ(stop_while(ConnectionStatus::waiting, config), ConnectionStatus::stopped);
}

TEST(TcpClientStageStop, WhileUp) {
    LoopbackDevice device(drain);
    EXPECT_EQ(stop_while(ConnectionStatus::up, client_config(device.address())),
              ConnectionStatus::stopped);
}

TEST(TcpClientStageStop, WhileReceivingWithMessagesEverywhere) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        const std::string data(100'000, 'x');
        while (connection.send(data) == data.size()) {
        }
    });
    for (int i = 0; i < 10; ++i) {
        ClientPipeline clients;
        TcpClientStageConfig config = client_config(device.address());
        config.group_size = 10;
        ClientWatch& watch = clients.add_watched_client(config);
        std::vector<MessagePtr<TcpPacketGroup>> kept;
        clients.add_listener("keeper", {}, [&kept](const Delivery<TcpPacketGroup>& delivery) {
            if (kept.size() < 2) {
                kept.push_back(delivery.keep());
            }
        });
        clients.start();
        ASSERT_TRUE(watch.wait_groups(3));
        clients.pipeline.stop();
        const ClientRecord record = watch.record();
        EXPECT_EQ(record.states.back().state, ConnectionStatus::stopped);
        EXPECT_EQ(record.story.substr(record.story.size() - 8), ">stopped")
            << "what was gathered is published before the end is told";
        kept.clear();
    }
}

TEST(TcpClientStageSharedLoop, TwoStagesOnOneLoopLiveSideBySide) {
    const std::unique_ptr<net::EventLoopThread> loop = *net::EventLoopThread::start({}, {});
    const auto count_to = [](const std::string& what) {
        return [what](DeviceConnection& connection, std::size_t /*number*/) {
            for (int i = 0; i < 1000; ++i) {
                connection.send(what);
            }
            connection.finish_sending();
            connection.drain();
        };
    };
    LoopbackDevice one(count_to("one"));
    LoopbackDevice other(count_to("other"));
    ClientPipeline clients;
    TcpClientStageConfig config = client_config(one.address());
    config.event_loop = "shared";
    config.reconnect_initial_ms = config.reconnect_max_ms = 3'600'000;
    ClientWatch& first = clients.add_watched_client(config, "first", &loop->loop());
    config.address = *Address::parse(other.address());
    ClientWatch& second = clients.add_watched_client(config, "second", &loop->loop());
    clients.start();
    ASSERT_TRUE(first.wait_end("peer_closed"));
    ASSERT_TRUE(second.wait_end("peer_closed"));
    const SocketStats stats =
        first.wait_stats([](const SocketStats& s) { return s.disconnects.peer_closed == 1; });
    EXPECT_EQ(stats.received.bytes, 3000U);
    EXPECT_EQ(stats.stage, "first");
    clients.pipeline.stop();
    EXPECT_EQ(first.record().received().size(), 3000U);
    EXPECT_EQ(second.record().received().size(), 5000U);
    EXPECT_EQ(second.record().groups.front().peer, other.address());
}

TEST(TcpClientStageSharedLoop, RunsNoUsersCodeOnItsThread) {
    const std::unique_ptr<net::EventLoopThread> loop = *net::EventLoopThread::start({}, {});
    ClientPipeline clients;
    clients.add_client(client_config("127.0.0.1:1"), "device", &loop->loop());
    clients.add_listener("inline", {.delivery = DeliveryMode::inline_call},
                         [](const Delivery<TcpPacketGroup>& /*delivery*/) {});
    EXPECT_FALSE(clients.pipeline.initialize().empty());
}

TEST(TcpClientStageSharedLoop, ThreadKeysContradictIt) {
    const std::unique_ptr<net::EventLoopThread> loop = *net::EventLoopThread::start({}, {});
    ClientPipeline clients;
    TcpClientStageConfig config = client_config("127.0.0.1:1");
    config.thread_priority = 1;
    clients.add_client(config, "device", &loop->loop());
    const Result<void> started = clients.pipeline.start();
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message().find("thread_priority"), std::string::npos);
}

TEST(TcpClientStageSharedLoop, ItsNameWithoutTheLoopIsRefused) {
    ClientPipeline clients;
    TcpClientStageConfig config = client_config("127.0.0.1:1");
    config.event_loop = "shared";
    clients.add_client(config);
    const Result<void> started = clients.pipeline.start();
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message().find("shared"), std::string::npos);
}

}  // namespace
}  // namespace sluice::test
