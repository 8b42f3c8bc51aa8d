// Every key of TcpClientStageConfig does something: what the kernel and the device see of it.
#include "sluice/stages/tcp_client_stage.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>

#include <array>
#include <thread>

#include "sluice/sys/thread.hpp"
#include "support/client_pipeline.hpp"
#include "support/loopback_device.hpp"
#include "support/unprivileged.hpp"

namespace sluice::test {
namespace {

void drain(DeviceConnection& connection, std::size_t /*number*/) {
    connection.drain();
}

void greet(DeviceConnection& connection, std::size_t /*number*/) {
    connection.send("hello");
    connection.drain();
}

/// What the kernel says of the thread that reads.
struct ReadingThread {
    int policy = -1;
    int priority = -1;
    cpu_set_t cpus{};
    std::string name;
};

class TcpClientStageOptions : public ::testing::Test {
  protected:
    /// The first statistics of a client that is up.
    SocketStats stats_of(const TcpClientStageConfig& config) {
        ClientWatch& watch = clients_.add_watched_client(config);
        clients_.start();
        return watch.wait_stats_up();
    }
    /// Asks on the thread that publishes, which is the one that reads.
    ReadingThread thread_of(const TcpClientStageConfig& config) {
        ReadingThread thread;
        Event asked;
        clients_.add_client(config);
        clients_.add_listener("asker", {.delivery = DeliveryMode::inline_call},
                              [&](const Delivery<TcpPacketGroup>& /*delivery*/) {
                                  sched_param parameters{};
                                  thread.policy = ::sched_getscheduler(0);
                                  ::sched_getparam(0, &parameters);
                                  thread.priority = parameters.sched_priority;
                                  ::sched_getaffinity(0, sizeof thread.cpus, &thread.cpus);
                                  std::array<char, 16> name{};
                                  ::prctl(PR_GET_NAME, name.data());
                                  thread.name = name.data();
                                  asked.set();
                              });
        clients_.start();
        EXPECT_TRUE(asked.wait());
        clients_.pipeline.stop();
        return thread;
    }

    ClientPipeline clients_;
};

TEST_F(TcpClientStageOptions, SocketOptionsByDefault) {
    LoopbackDevice device(drain);
    const SocketStats stats = stats_of(client_config(device.address()));
    EXPECT_TRUE(stats.options.reuse_address);
    EXPECT_TRUE(stats.options.nodelay);
    EXPECT_TRUE(stats.options.keepalive);
    EXPECT_EQ(stats.options.keepalive_idle_s, 10U);
    EXPECT_EQ(stats.options.keepalive_interval_s, 3U);
    EXPECT_EQ(stats.options.keepalive_probes, 3U);
    EXPECT_EQ(stats.options.user_timeout_ms, 20'000U);
}

TEST_F(TcpClientStageOptions, SocketOptionsAsConfigured) {
    LoopbackDevice device(drain);
    TcpClientStageConfig config = client_config(device.address());
    config.reuse_address = false;
    config.enable_nodelay = false;
    config.dead_peer_timeout_ms = 8000;
    config.kernel_receive_buffer_size_b = 30'000;
    config.kernel_transmit_buffer_size_b = 20'000;
    const SocketStats stats = stats_of(config);
    EXPECT_FALSE(stats.options.reuse_address);
    EXPECT_FALSE(stats.options.nodelay);
    EXPECT_EQ(stats.options.keepalive_idle_s, 4U);
    EXPECT_EQ(stats.options.user_timeout_ms, 8000U);
    EXPECT_EQ(stats.kernel.receive_buffer, 60'000U) << "the kernel doubles it";
    EXPECT_EQ(stats.kernel.transmit_buffer, 40'000U);
}

TEST_F(TcpClientStageOptions, TheThreadHasTheStagesNameAndTheOrdinaryScheduler) {
    LoopbackDevice device(greet);
    const ReadingThread thread = thread_of(client_config(device.address()));
    EXPECT_EQ(thread.name, "device");
    EXPECT_EQ(thread.policy, SCHED_OTHER);
}

TEST_F(TcpClientStageOptions, ThreadPriorityIsThatOfSchedFifo) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root may run a thread under SCHED_FIFO";
    }
    LoopbackDevice device(greet);
    TcpClientStageConfig config = client_config(device.address());
    config.thread_priority = 7;
    const ReadingThread thread = thread_of(config);
    EXPECT_EQ(thread.policy, SCHED_FIFO);
    EXPECT_EQ(thread.priority, 7);
    const AnyMessage state = clients_.pipeline.latest("/device/connection_state");
    EXPECT_EQ(state.get_if<ConnectionState>()->realtime, RealtimeStatus::granted);
}

TEST_F(TcpClientStageOptions, ThreadPriorityWithoutPermissionIsToldAsDenied) {
    LoopbackDevice device(drain);
    TcpClientStageConfig config = client_config(device.address());
    config.thread_priority = 7;
    ClientWatch& watch = clients_.add_watched_client(config);
    // On a thread of its own, because capabilities are a thread's and do not come back.
    std::thread([&] {
        const Unprivileged no_permission;
        clients_.start();
    }).join();
    EXPECT_EQ(watch.wait_stats_up().realtime, RealtimeStatus::denied);
    EXPECT_EQ(watch.record().states.front().realtime, RealtimeStatus::denied);
}

TEST_F(TcpClientStageOptions, ThreadProcessorAffinity) {
    int cpu = 0;
    while (!sys::allowed_cpus().contains(cpu)) {
        ++cpu;
    }
    LoopbackDevice device(greet);
    TcpClientStageConfig config = client_config(device.address());
    config.thread_processor_affinity.add(cpu);
    const ReadingThread thread = thread_of(config);
    EXPECT_EQ(CPU_COUNT(&thread.cpus), 1);
    EXPECT_TRUE(CPU_ISSET(static_cast<std::size_t>(cpu), &thread.cpus));
}

TEST_F(TcpClientStageOptions, LocalAddressIsWhereItLeavesFrom) {
    std::string host;
    Event seen;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        if (number == 0) {
            host = connection.peer_host();
            seen.set();
        }
        connection.drain();
    });
    TcpClientStageConfig config = client_config(device.address());
    config.local_address = *Address::parse("127.0.0.3:0");
    clients_.add_client(config);
    clients_.start();
    ASSERT_TRUE(seen.wait());
    EXPECT_EQ(host, "127.0.0.3");
}

TEST_F(TcpClientStageOptions, ANameMayNotMeanThisMachineUnlessAllowed) {
    LoopbackDevice device(drain);
    TcpClientStageConfig config = client_config("localhost:" + std::to_string(device.port()));
    ClientWatch& allowed = clients_.add_watched_client(config, "allowed");
    config.allow_local = false;
    ClientWatch& refused = clients_.add_watched_client(config, "refused");
    clients_.start();
    EXPECT_TRUE(allowed.wait_state(ConnectionStatus::up));
    EXPECT_TRUE(refused.wait_state(ConnectionStatus::waiting, 2));
    EXPECT_EQ(refused.record().count(ConnectionStatus::up), 0U);
}

TEST_F(TcpClientStageOptions, KernelReceiveTimeIsInThePacketsIfAskedFor) {
    // The host begins to stamp a moment after it is asked to.
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        do {
            connection.send("tick");
        } while (connection.receive_text(4) == "tock");
    });
    TcpClientStageConfig config = client_config(device.address());
    config.kernel_receive_time = true;
    ClientWatch& watch = clients_.add_watched_client(config);
    clients_.add_commander();
    clients_.start();
    bool is_stamped = false;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (std::size_t groups = 1; !is_stamped && std::chrono::steady_clock::now() < deadline;
         ++groups) {
        ASSERT_TRUE(watch.wait([&](const ClientRecord& r) {
            is_stamped = !r.groups.empty() && r.groups.back().has_kernel_time;
            return r.groups.size() >= groups;
        }));
        clients_.send("tock");
    }
    EXPECT_TRUE(is_stamped);
}

TEST_F(TcpClientStageOptions, NoKernelReceiveTimeByDefault) {
    LoopbackDevice device(greet);
    ClientWatch& watch = clients_.add_watched_client(client_config(device.address()));
    clients_.start();
    ASSERT_TRUE(watch.wait_received("hello"));
    EXPECT_FALSE(watch.record().groups.front().has_kernel_time);
}

TEST_F(TcpClientStageOptions, OnConnectIsSentAtEveryConnectBeforeAnythingElse) {
    std::array<std::string, 2> received;
    Event done;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        if (number < received.size()) {
            received[number] = connection.receive_text(7);
        }
        if (number + 1 >= received.size()) {
            done.set();
            connection.drain();
        }
    });
    TcpClientStageConfig config = client_config(device.address());
    config.on_connect = "LOGIN\r\n";
    clients_.add_client(config);
    clients_.start();
    ASSERT_TRUE(done.wait());
    EXPECT_EQ(received[0], "LOGIN\r\n");
    EXPECT_EQ(received[1], "LOGIN\r\n");
    clients_.pipeline.stop();
}

TEST_F(TcpClientStageOptions, OnConnectInHexadecimal) {
    std::string received;
    Event done;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        if (number == 0) {
            received = connection.receive_text(3);
            done.set();
        }
        connection.drain();
    });
    TcpClientStageConfig config = client_config(device.address());
    config.on_connect_hex = "7e 00FF";
    clients_.add_client(config);
    clients_.start();
    ASSERT_TRUE(done.wait());
    EXPECT_EQ(received, std::string("\x7e\x00\xff", 3));
    clients_.pipeline.stop();
}

TEST_F(TcpClientStageOptions, PoolAndSlabsAreOfTheConfiguredSizes) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        const std::string data(100'000, 'x');
        while (connection.send(data) == data.size()) {
        }
    });
    TcpClientStageConfig config = client_config(device.address());
    config.receive_pool_size_b = 1'048'576;
    config.receive_slab_size_b = 16'384;
    clients_.add_client(config);
    SocketStats seen;
    Event done;
    clients_.pipeline.add("stats", std::make_unique<LambdaStage>([&](StageInterface& interface) {
                              interface.subscribe<SocketStats>(
                                  "/device/socket_stats", {},
                                  [&](const Delivery<SocketStats>& delivery) {
                                      seen = delivery.message();
                                      done.set();
                                  });
                          }));
    clients_.start();
    ASSERT_TRUE(done.wait());
    clients_.pipeline.stop();
    EXPECT_EQ(seen.pool.size, 1'048'576U);
    EXPECT_GT(seen.received.bytes, 1'000'000U);
    EXPECT_LE(seen.largest_packet, 16'384U);
}

TEST_F(TcpClientStageOptions, AConfigurationThatContradictsItselfDoesNotStart) {
    TcpClientStageConfig config;
    config.group_size = 0;
    config.on_connect = "text";
    config.on_connect_hex = "7g";
    clients_.add_client(config);
    const Result<void> started = clients_.pipeline.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code(), Errc::invalid_argument);
    for (const char* key : {"address", "group_size", "on_connect_hex", "'g'"}) {
        EXPECT_NE(started.error().message().find(key), std::string::npos)
            << key << " in " << started.error().message();
    }
}

}  // namespace
}  // namespace sluice::test
