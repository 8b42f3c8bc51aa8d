#include "sluice/net/event_loop_thread.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

#include "sluice/core/log.hpp"
#include "tests/support/event.hpp"
#include "tests/support/unprivileged.hpp"

namespace sluice::test {
namespace {

/// What the kernel says of the thread that asks.
struct Scheduling {
    int policy = -1;
    int priority = -1;
    cpu_set_t cpus{};
};

Scheduling ask_kernel(net::EventLoopThread& thread) {
    Scheduling answer;
    thread.run_on_loop([&answer] {
        sched_param parameters{};
        answer.policy = ::sched_getscheduler(0);
        ::sched_getparam(0, &parameters);
        answer.priority = parameters.sched_priority;
        ::sched_getaffinity(0, sizeof answer.cpus, &answer.cpus);
    });
    return answer;
}

int first_allowed_cpu() {
    int cpu = 0;
    while (!sys::allowed_cpus().contains(cpu)) {
        ++cpu;
    }
    return cpu;
}

class CountingSink final : public LogSink {
  public:
    CountingSink() { set_log_sink(this); }
    ~CountingSink() override { set_log_sink(nullptr); }
    void write(const LogRecord& record) noexcept override {
        warnings += record.level == LogLevel::warning && record.event == "realtime_denied" ? 1 : 0;
        ++records;
    }
    std::atomic<int> warnings = 0;
    std::atomic<int> records = 0;
};

TEST(LinkThreadTest, OrdinarySchedulerByDefault) {
    const auto thread = *net::EventLoopThread::start({}, {});
    EXPECT_EQ(ask_kernel(*thread).policy, SCHED_OTHER);
    EXPECT_FALSE(thread->thread().realtime_denied());
}

TEST(LinkThreadTest, PriorityIsThatOfSchedFifo) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root may run a thread under SCHED_FIFO";
    }
    const auto thread = *net::EventLoopThread::start({}, {.name = "fifo", .priority = 10});
    const Scheduling kernel = ask_kernel(*thread);
    EXPECT_EQ(kernel.policy, SCHED_FIFO);
    EXPECT_EQ(kernel.priority, 10);
    EXPECT_FALSE(thread->thread().realtime_denied());
    EXPECT_TRUE(thread->thread().status().realtime);
    EXPECT_EQ(thread->thread().status().priority, 10);
}

TEST(LinkThreadTest, AffinityIsTheKernelsToo) {
    const int cpu = first_allowed_cpu();
    CpuSet only;
    only.add(cpu);
    const auto thread = *net::EventLoopThread::start({}, {.affinity = only});
    const Scheduling kernel = ask_kernel(*thread);
    EXPECT_EQ(CPU_COUNT(&kernel.cpus), 1);
    EXPECT_TRUE(CPU_ISSET(static_cast<std::size_t>(cpu), &kernel.cpus));
    EXPECT_EQ(thread->thread().status().affinity, only);
}

TEST(LinkThreadTest, PriorityWithoutPermissionIsOneWarningAndTheLoopRuns) {
    CountingSink sink;
    Scheduling kernel;
    bool denied = false;
    // On a thread of its own, because capabilities are a thread's and do not come back.
    std::thread([&] {
        const Unprivileged no_permission;
        const auto thread = *net::EventLoopThread::start({}, {.priority = 10});
        kernel = ask_kernel(*thread);
        denied = thread->thread().realtime_denied();
    }).join();
    EXPECT_TRUE(denied);
    EXPECT_EQ(kernel.policy, SCHED_OTHER);
    EXPECT_EQ(sink.warnings, 1);
    EXPECT_EQ(sink.records, 1);
}

TEST(LinkThreadTest, PriorityOutOfRangeIsRefused) {
    for (const int priority : {-1, 100}) {
        const auto started = net::EventLoopThread::start({}, {.priority = priority});
        ASSERT_FALSE(started);
        EXPECT_EQ(started.error().code(), Errc::invalid_argument);
        EXPECT_EQ(started.error().detail(),
                  "thread_priority " + std::to_string(priority) +
                      "; allowed are 0 (the ordinary scheduler) and 1 to 99 (SCHED_FIFO)");
    }
}

TEST(LinkThreadTest, AbsentProcessorIsRefusedWithTheAllowedOnes) {
    CpuSet absent;
    absent.add(CpuSet::capacity - 1);
    const auto started = net::EventLoopThread::start({}, {.affinity = absent});
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code(), Errc::invalid_argument);
    EXPECT_EQ(started.error().detail(),
              "thread_processor_affinity 1023; this process may use the processors " +
                  sys::allowed_cpus().to_string());
}

TEST(Thread, ADetachedOneRunsOnWithoutItsHandle) {
    // Shared, because the thread may outlive the test.
    const auto handle_is_gone = std::make_shared<Event>();
    const auto ran_on = std::make_shared<Event>();
    {
        Result<sys::Thread> thread =
            sys::Thread::start({.name = "detached"}, [handle_is_gone, ran_on] {
                if (handle_is_gone->wait()) {
                    ran_on->set();
                }
            });
        ASSERT_TRUE(thread);
        thread->detach();
        EXPECT_FALSE(thread->joinable());
    }
    handle_is_gone->set();
    EXPECT_TRUE(ran_on->wait());
}

}  // namespace
}  // namespace sluice::test
