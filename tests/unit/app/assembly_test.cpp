// What a configuration says of event loops, executor and pipeline is what they get.
#include "sluice/app/assembly.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/messages/socket_stats.hpp"
#include "sluice/messages/tcp_packet_group.hpp"
#include "sluice/sys/thread.hpp"
#include "support/described_members.hpp"
#include "support/event.hpp"
#include "support/lambda_stage.hpp"
#include "support/loopback_device.hpp"

namespace sluice::app {
namespace {

using test::expect_members;

/// What the kernel says of a thread of this process.
struct KernelThread {
    int policy = -1;
    int priority = -1;
    int processors = 0;
};

/// The threads of this process by their names.
std::map<std::string, KernelThread> threads_of_kernel() {
    std::map<std::string, KernelThread> threads;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
        const auto id = static_cast<pid_t>(std::stol(entry.path().filename()));
        std::string name;
        std::getline(std::ifstream(entry.path() / "comm"), name);
        KernelThread& thread = threads[name];
        thread.policy = ::sched_getscheduler(id);
        sched_param parameters{};
        ::sched_getparam(id, &parameters);
        thread.priority = parameters.sched_priority;
        cpu_set_t cpus{};
        ::sched_getaffinity(id, sizeof cpus, &cpus);
        thread.processors = CPU_COUNT(&cpus);
    }
    return threads;
}

/// A processor that this process may use.
std::string processor() {
    int cpu = 0;
    while (!sys::allowed_cpus().contains(cpu)) {
        ++cpu;
    }
    return std::to_string(cpu);
}

class AssemblyTest : public ::testing::Test {
  protected:
    /// Reads a configuration and assembles it.
    Pipeline& assemble(const std::string& text, std::unique_ptr<Stage> observer = nullptr) {
        document_ = ConfigDocument::parse(text, problems_);
        EXPECT_TRUE(document_);
        config_ = read_pipeline(*document_, registry_, problems_);
        Result<std::unique_ptr<Assembly>> created =
            Assembly::create(config_, Assembly::Purpose::run, problems_, std::move(observer));
        for (const ConfigProblem& problem : problems_.list()) {
            ADD_FAILURE() << to_string(problem);
        }
        assembly_ = *std::move(created);
        return assembly_->pipeline();
    }

    ConfigProblems problems_{"f"};
    const StageRegistry registry_ = built_in_stages();
    std::optional<ConfigDocument> document_;
    PipelineConfig config_;
    std::unique_ptr<Assembly> assembly_;
};

TEST_F(AssemblyTest, ThreadsAreThoseOfTheExecutorAndOfTheLoops) {
    assemble(R"(
stages: {device: {type: tcp_client, address: "127.0.0.1:1", event_loop: shared}}
event_loops: {shared: {thread_processor_affinity: [)" +
             processor() + R"(]}}
executor: {threads: 3, thread_processor_affinity: [)" +
             processor() + "]}");
    ASSERT_TRUE(assembly_->pipeline().start());
    const std::map<std::string, KernelThread> threads = threads_of_kernel();
    for (const char* name : {"shared", "executor-0", "executor-1", "executor-2"}) {
        ASSERT_TRUE(threads.contains(name)) << name;
        EXPECT_EQ(threads.at(name).policy, SCHED_OTHER);
        EXPECT_EQ(threads.at(name).processors, 1);
    }
    EXPECT_FALSE(threads.contains("executor-3"));
    EXPECT_FALSE(threads.contains("device")) << "it runs on the shared loop";
}

TEST_F(AssemblyTest, PrioritiesAreThoseOfTheKernel) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root may run a thread under SCHED_FIFO";
    }
    assemble(R"(
stages: {device: {type: tcp_client, address: "127.0.0.1:1", event_loop: shared}}
event_loops: {shared: {thread_priority: 7}}
executor: {threads: 1, thread_priority: 8}
)");
    ASSERT_TRUE(assembly_->pipeline().start());
    const std::map<std::string, KernelThread> threads = threads_of_kernel();
    EXPECT_EQ(threads.at("shared").policy, SCHED_FIFO);
    EXPECT_EQ(threads.at("shared").priority, 7);
    EXPECT_EQ(threads.at("executor-0").policy, SCHED_FIFO);
    EXPECT_EQ(threads.at("executor-0").priority, 8);
}

TEST_F(AssemblyTest, AStopWaitsAsLongAsConfigured) {
    const char* const stages = R"(stages: {device: {type: tcp_client, address: "127.0.0.1:1"}})";
    EXPECT_EQ(assemble(stages).options().stop_timeout, std::chrono::seconds(2));
    EXPECT_EQ(assemble(std::string(stages) + "\nstop_timeout_ms: 7").options().stop_timeout,
              std::chrono::milliseconds(7));
}

TEST_F(AssemblyTest, PoolOfASharedLoopIsAsConfigured) {
    test::Event told;
    SocketStats seen;
    assemble(R"(
stages: {device: {type: tcp_client, address: "127.0.0.1:1", event_loop: shared}}
event_loops: {shared: {receive_pool_size_b: 1048576, receive_slab_size_b: 16384}}
)",
             std::make_unique<test::LambdaStage>([&](StageInterface& interface) {
                 interface.subscribe<SocketStats>("/device/socket_stats", {},
                                                  [&](const Delivery<SocketStats>& delivery) {
                                                      seen = delivery.message();
                                                      told.set();
                                                  });
             }));
    ASSERT_TRUE(assembly_->pipeline().start());
    EXPECT_TRUE(told.wait());
    assembly_->pipeline().stop();
    EXPECT_EQ(seen.pool.size, 1'048'576U);
}

TEST_F(AssemblyTest, AConnectionOfASharedLoopStopsAtItsShare) {
    constexpr std::uint64_t share_b = 65'536;
    constexpr std::uint64_t slab_b = 16'384;
    test::LoopbackDevice fast([](test::DeviceConnection& connection, std::size_t /*number*/) {
        const std::string data(100'000, 'x');
        while (connection.send(data) == data.size()) {
        }
    });
    test::LoopbackDevice idle(
        [](test::DeviceConnection& connection, std::size_t /*number*/) { connection.drain(); });
    test::Event stopped;
    std::uint64_t pinned_b = 0;
    std::vector<MessagePtr<TcpPacketGroup>> kept;
    const auto watch = [&](StageInterface& interface) {
        interface.subscribe<TcpPacketGroup>(
            "/fast/packet_group", {},
            [&](const Delivery<TcpPacketGroup>& delivery) { kept.push_back(delivery.keep()); });
        interface.subscribe<SocketStats>(
            "/fast/socket_stats", {},
            [&, before = std::uint64_t{0}](const Delivery<SocketStats>& delivery) mutable {
                const SocketStats& stats = delivery.message();
                if (stats.received.bytes > 0 &&
                    std::exchange(before, stats.received.bytes) == stats.received.bytes &&
                    !stopped.is_set()) {
                    pinned_b = stats.pool.pinned;
                    stopped.set();
                }
            });
    };
    assemble(R"(
stages:
  fast: {type: tcp_client, event_loop: shared, address: ")" +
                 fast.address() + R"("}
  idle: {type: tcp_client, event_loop: shared, address: ")" +
                 idle.address() + R"("}
event_loops:
  shared: {receive_pool_size_b: 1048576, receive_slab_size_b: 16384, receive_share_b: 65536}
)",
             std::make_unique<test::LambdaStage>(watch));
    ASSERT_TRUE(assembly_->pipeline().start());
    EXPECT_TRUE(stopped.wait());
    assembly_->pipeline().stop();
    EXPECT_GE(pinned_b, share_b - slab_b);
    EXPECT_LE(pinned_b, share_b + slab_b) << "a quarter of the pool would be more";
    kept.clear();
}

TEST_F(AssemblyTest, ANamespaceReplacesTheNameInChannels) {
    const Pipeline& pipeline = assemble(R"(
stages: {device: {type: tcp_client, address: "127.0.0.1:1", namespace: /front/lidar}}
)");
    for (const ChannelInfo& channel : pipeline.channels()) {
        EXPECT_TRUE(channel.name.starts_with("/front/lidar/")) << channel.name;
    }
}

TEST(PipelineKeys, StandForTheirMembers) {
    const EventLoopConfig loop;
    expect_members(loop, {{"thread_priority", &loop.thread_priority},
                          {"thread_processor_affinity", &loop.thread_processor_affinity},
                          {"receive_pool_size_b", &loop.receive_pool_size_b},
                          {"receive_slab_size_b", &loop.receive_slab_size_b},
                          {"receive_share_b", &loop.receive_share_b}});
    const ExecutorConfig executor;
    expect_members(executor, {{"threads", &executor.threads},
                              {"thread_priority", &executor.thread_priority},
                              {"thread_processor_affinity", &executor.thread_processor_affinity}});
    const PipelineKeys keys;
    expect_members(keys, {{"executor", &keys.executor},
                          {"stop_timeout_ms", &keys.stop_timeout_ms},
                          {"memory_limit_b", &keys.memory_limit_b}});
    const StageKeys stage;
    expect_members(stage, {{"type", &stage.type}, {"namespace", &stage.name_space}});
}

}  // namespace
}  // namespace sluice::app
