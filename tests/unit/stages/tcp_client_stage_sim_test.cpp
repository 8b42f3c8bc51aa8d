// A TcpClientStage in simulated time, to the nanosecond: its seconds, and a subscriber that is slow
// for longer than any timeout.
#include "sluice/stages/tcp_client_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/world.hpp"
#include "sluice/messages/socket_stats.hpp"
#include "sluice/messages/tcp_packet_group.hpp"
#include "sluice/net/event_loop.hpp"
#include "sluice/pipeline/pipeline.hpp"
#include "support/lambda_stage.hpp"

namespace sluice::test {
namespace {

using namespace std::chrono_literals;

/// A world, a loop and an executor that run when the test says so, and the device `device`.
class TcpClientStageSim : public ::testing::Test {
  protected:
    ~TcpClientStageSim() override { pipeline.stop(); }

    void start() {
        config.address = *Address::parse("192.0.2.10:7502");
        pipeline.add("device", std::make_unique<TcpClientStage>(config, loop.get()));
        pipeline.add("watch", std::make_unique<LambdaStage>([this](StageInterface& interface) {
                         interface.subscribe<SocketStats>("/device/socket_stats", {},
                                                          [this](const auto& delivery) {
                                                              stats.push_back(delivery.message());
                                                              EXPECT_EQ(delivery.lost_before(), 0U);
                                                          });
                         interface.subscribe<TcpPacketGroup>(
                             "/device/packet_group",
                             {.policy = SubscriptionPolicy::lossless, .queue_size_b = 100'000},
                             [this](const auto& delivery) { add(delivery.message()); });
                     }));
        ASSERT_TRUE(pipeline.start());
    }
    void accept() {
        world.script(sim::socket_address("192.0.2.10:7502"),
                     {.answer = sim::Answer::accept, .delay = {}, .on_connect = {}});
    }
    sim::Peer peer() { return world.peer(sim::socket_address("192.0.2.10:7502")); }

    /// Lets time pass; subscribers get something only if `delivers`.
    void run_for(Duration span, bool delivers = true) {
        const SteadyTime end = world.now() + span;
        while (world.now() < end) {
            const SteadyTime next = delivers ? executor.run_ready() : never;
            loop->turn(std::min(next, end));
        }
        if (delivers) {
            executor.run_ready();
        }
    }
    void add(const TcpPacketGroup& group) {
        for (const TcpPacket& packet : group.packets) {
            received.append(reinterpret_cast<const char*>(packet.data.data()), packet.data.size());
        }
        delays.push_back(world.now() - group.packets.front().receive_time_steady);
    }
    /// Statistics came `count` times, every second from `begin` on, and each adds up.
    void expect_every_second(SystemTime begin, std::size_t count) {
        ASSERT_EQ(stats.size(), count);
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_EQ(stats[i].time - begin, std::chrono::seconds(i + 1));
            EXPECT_EQ(stats[i].received.bytes,
                      stats[i].published.bytes + stats[i].open_group.bytes);
            EXPECT_EQ(stats[i].received.packets,
                      stats[i].published.packets + stats[i].open_group.packets);
        }
    }

    TcpClientStageConfig config;
    sim::World world;
    std::unique_ptr<net::EventLoop> loop = *net::EventLoop::create();
    RealTimeExecutor executor{{.threads = 0}};
    std::vector<SocketStats> stats;
    std::string received;
    std::vector<Duration> delays;  ///< From a group's first packet to its delivery.
    Pipeline pipeline{executor};
};

TEST_F(TcpClientStageSim, StatisticsComeEverySecondWhileThereIsNoDevice) {
    const SystemTime begin = executor.system_now();
    start();
    run_for(60s);
    expect_every_second(begin, 60);
    EXPECT_EQ(stats.back().connects, 0U);
    EXPECT_GT(stats.back().attempts, 10U);
}

TEST_F(TcpClientStageSim, StatisticsComeEverySecondWhileConnected) {
    const SystemTime begin = executor.system_now();
    accept();
    start();
    run_for(60s);
    expect_every_second(begin, 60);
    EXPECT_EQ(stats.back().state, ConnectionStatus::up);
}

TEST_F(TcpClientStageSim, AGroupThatIsNotFullWaitsExactlyItsTimeoutFromItsFirstPacketOn) {
    accept();
    config.group_size = 1000;
    config.group_timeout_ms = 250;
    start();
    run_for(1s);
    for (int i = 0; i < 5; ++i) {
        peer().send("x");
        run_for(200ms);
        peer().send("y");
        run_for(2s);
    }
    EXPECT_EQ(received, "xyxyxyxyxy");
    EXPECT_EQ(delays, std::vector<Duration>(5, 250ms));
}

TEST_F(TcpClientStageSim, ALosslessSubscriberMayBeSlowerThanEveryTimeoutAndLosesNothing) {
    std::string data(2'000'000, '\0');
    for (std::size_t i = 0; i < data.size(); ++i) {
        data[i] = static_cast<char>(i * 31 + i / 251);
    }
    const SystemTime begin = executor.system_now();
    accept();
    config.group_size = 4;
    config.data_receive_timeout_ms = 5000;
    config.dead_peer_timeout_ms = 20'000;
    start();
    run_for(1s);
    peer().send(data);
    run_for(59s, false);
    const std::size_t unsent_b = peer().unsent();
    EXPECT_GT(unsent_b, data.size() / 2) << "TCP makes the device wait";
    executor.run_ready();
    expect_every_second(begin, 60);
    EXPECT_EQ(stats.back().received.bytes, stats[58].received.bytes) << "nothing moves";
    run_for(4s);
    EXPECT_TRUE(received == data);
    EXPECT_EQ(stats.back().received.bytes, data.size());
    EXPECT_EQ(stats.back().connects, 1U);
    EXPECT_EQ(stats.back().disconnects.total(), 0U);
    run_for(5s);
    EXPECT_EQ(stats.back().disconnects.data_timeout, 1U) << "whoever reads again misses data again";
}

}  // namespace
}  // namespace sluice::test
