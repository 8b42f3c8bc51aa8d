/// Where and by which clock the callbacks of a pipeline run.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "sluice/core/cpu_set.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/sync/mutex.hpp"
#include "sluice/sync/ring.hpp"
#include "sluice/sys/thread.hpp"

namespace sluice {

namespace detail {

/// Something an executor runs: never on two threads at once, and again if it was scheduled
/// meanwhile.
class Task {
  public:
    virtual ~Task() = default;

    /// Does a bounded piece of work; true if there is more to do at once.
    virtual bool run() noexcept = 0;

  private:
    friend class TaskQueue;
    enum class State : unsigned char { idle, ready, running, running_and_ready };
    State state_ = State::idle;  // both under the TaskQueue's lock
    SteadyTime wake_time_ = never;
};

/// Tasks that are ready, in the order of becoming so, and when the others want to be woken.
class TaskQueue {
  public:
    /// The tasks that will be scheduled, all of them.
    void start(const std::vector<Task*>& tasks);
    /// None runs any more; nothing is scheduled until the next start.
    void stop();
    /// The task is to be run soon. True if it was idle: a thread must be woken.
    bool schedule(Task& task);
    /// The task is to be run at `time` if not earlier; replaces what was said before. True if this
    /// is earlier than all others: a thread must be woken to know it.
    bool schedule_at(Task& task, SteadyTime time);

    /// The next ready task, which is then running; null if there is none.
    [[nodiscard]] Task* take(SteadyTime now);
    /// It has run.
    void finished(Task& task, bool has_more);
    /// When there is something to take: SteadyTime::min() for at once, or `never`.
    [[nodiscard]] SteadyTime next_time() const;

  private:
    void make_ready(Task& task) SLUICE_REQUIRES(mutex_);
    [[nodiscard]] SteadyTime first_wake() const SLUICE_REQUIRES(mutex_);

    mutable sync::Mutex mutex_;
    std::vector<Task*> tasks_ SLUICE_GUARDED_BY(mutex_);
    std::unique_ptr<sync::Ring<Task*>> ready_ SLUICE_GUARDED_BY(mutex_);
    SteadyTime earliest_ SLUICE_GUARDED_BY(mutex_) = never;  // the first wake time
};

}  // namespace detail

/// Runs the tasks of one pipeline at a time. Its implementations are the two classes below.
class Executor {
  public:
    virtual ~Executor() = default;

    [[nodiscard]] virtual SteadyTime now() const = 0;
    [[nodiscard]] virtual SystemTime system_now() const = 0;
    /// Whether its clock is that of the world, so that stages with input and output may run.
    [[nodiscard]] virtual bool is_real_time() const noexcept = 0;

    // For the pipeline.
    [[nodiscard]] virtual Result<void> start(const std::vector<detail::Task*>& tasks) = 0;
    /// No task runs any more when it returns.
    virtual void stop() = 0;
    virtual void schedule(detail::Task& task) = 0;
    virtual void schedule_at(detail::Task& task, SteadyTime time) = 0;
    /// Whether tasks run by themselves; else only within calls of the executor's owner.
    [[nodiscard]] virtual bool has_threads() const noexcept = 0;
    /// Runs one ready task on the calling thread; false if there was none. Only without threads.
    virtual bool run_one() = 0;
};

struct RealTimeExecutorOptions {
    /// 1 to 256; 0: no threads, the owner calls `run_ready`.
    std::size_t threads = 2;
    /// As of the threads of stages: 0 = the ordinary scheduler, 1 to 99 = SCHED_FIFO.
    int thread_priority = 0;
    CpuSet thread_processor_affinity{};
};

[[nodiscard]] Result<void> validate(const RealTimeExecutorOptions& options);

/// A pool of threads that run whichever stage has something to do, one thread at a time a stage.
class RealTimeExecutor final : public Executor {
  public:
    explicit RealTimeExecutor(const RealTimeExecutorOptions& options = {});
    ~RealTimeExecutor() override;

    [[nodiscard]] SteadyTime now() const override;
    [[nodiscard]] SystemTime system_now() const override;
    [[nodiscard]] bool is_real_time() const noexcept override { return true; }

    /// Runs what is ready and due now, on the calling thread, until nothing is. Returns when there
    /// will be something again, as far as timers know. Only with no threads.
    SteadyTime run_ready();
    /// Whether a thread did not get the priority that was asked for.
    [[nodiscard]] bool realtime_denied() const noexcept;

    [[nodiscard]] Result<void> start(const std::vector<detail::Task*>& tasks) override;
    void stop() override;
    void schedule(detail::Task& task) override;
    void schedule_at(detail::Task& task, SteadyTime time) override;
    [[nodiscard]] bool has_threads() const noexcept override;
    bool run_one() override;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Runs stages without input and output by a clock of its own, on the thread that calls
/// `run_until`: as fast as they go, in the same order every time.
class SimulatedExecutor final : public Executor {
  public:
    explicit SimulatedExecutor(SystemTime begin = SystemTime{});

    [[nodiscard]] SteadyTime now() const override { return now_; }
    [[nodiscard]] SystemTime system_now() const override {
        return begin_ + now_.time_since_epoch();
    }
    [[nodiscard]] bool is_real_time() const noexcept override { return false; }

    /// Runs everything that is due up to and including `time`, and sets the clock to it.
    void run_until(SteadyTime time);
    /// Runs until nothing is left to do and no timer is armed, or until `limit`.
    void run_to_end(SteadyTime limit = never);

    [[nodiscard]] Result<void> start(const std::vector<detail::Task*>& tasks) override;
    void stop() override;
    void schedule(detail::Task& task) override;
    void schedule_at(detail::Task& task, SteadyTime time) override;
    [[nodiscard]] bool has_threads() const noexcept override { return false; }
    bool run_one() override;

  private:
    SystemTime begin_;
    SteadyTime now_{};
    detail::TaskQueue queue_;
};

}  // namespace sluice
