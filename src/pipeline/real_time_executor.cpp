#include <algorithm>
#include <atomic>

#include "sluice/core/check.hpp"
#include "sluice/pipeline/executor.hpp"
#include "sluice/sync/mutex.hpp"
#include "sluice/sync/parker.hpp"
#include "sluice/sys/clock.hpp"

namespace sluice {
namespace {

constexpr std::size_t threads_max = 256;

}  // namespace

Result<void> validate(const RealTimeExecutorOptions& options) {
    if (options.threads > threads_max) {
        return Error(Errc::invalid_argument,
                     "threads is " + std::to_string(options.threads) + "; allowed are 1 to 256");
    }
    return sys::validate(
        sys::ThreadOptions{"", options.thread_priority, options.thread_processor_affinity});
}

struct RealTimeExecutor::State {
    struct Worker {
        sync::Parker parker;
        sys::Thread thread;
    };

    void work(Worker& self);
    void rest(Worker& self);
    void wake_one();
    void wake_all();

    RealTimeExecutorOptions options;
    detail::TaskQueue queue;
    std::atomic<bool> is_stopping{false};
    std::vector<std::unique_ptr<Worker>> workers;  // fixed while any of them runs
    sync::Mutex mutex;
    std::vector<Worker*> idle SLUICE_GUARDED_BY(mutex);  // and not yet chosen to be woken
};

void RealTimeExecutor::State::work(Worker& self) {
    while (!is_stopping.load(std::memory_order_acquire)) {
        if (detail::Task* const task = queue.take(sys::now())) {
            queue.finished(*task, task->run());
        } else {
            rest(self);
        }
    }
}

/// Until there may be something to take. Whoever makes a task ready afterwards finds this worker
/// among the idle; whoever did before is seen by `next_time`.
void RealTimeExecutor::State::rest(Worker& self) {
    const sync::Parker::Ticket ticket = self.parker.prepare();
    {
        const sync::MutexLock lock(mutex);
        idle.push_back(&self);
    }
    const SteadyTime next = queue.next_time();
    if (next == SteadyTime::min() || is_stopping.load(std::memory_order_acquire)) {
        self.parker.cancel();
    } else {
        self.parker.park(ticket, next);
    }
    const sync::MutexLock lock(mutex);
    std::erase(idle, &self);
}

/// For one ready task: those that find nothing to take would only cost switches.
void RealTimeExecutor::State::wake_one() {
    Worker* worker = nullptr;
    {
        const sync::MutexLock lock(mutex);
        if (idle.empty()) {
            return;
        }
        worker = idle.back();
        idle.pop_back();
    }
    worker->parker.unpark_all();
}

/// For an earlier timer, which all that sleep must know, and for the end.
void RealTimeExecutor::State::wake_all() {
    for (const std::unique_ptr<Worker>& worker : workers) {
        worker->parker.unpark_all();
    }
}

RealTimeExecutor::RealTimeExecutor(const RealTimeExecutorOptions& options)
    : state_(std::make_unique<State>()) {
    state_->options = options;
}

RealTimeExecutor::~RealTimeExecutor() {
    stop();
}

SteadyTime RealTimeExecutor::now() const {
    return sys::now();
}

SystemTime RealTimeExecutor::system_now() const {
    return sys::system_now();
}

SteadyTime RealTimeExecutor::run_ready() {
    while (run_one()) {
    }
    return state_->queue.next_time();
}

bool RealTimeExecutor::has_threads() const noexcept {
    return state_->options.threads > 0;
}

bool RealTimeExecutor::run_one() {
    SLUICE_CHECK(!has_threads(), "an executor with threads runs its tasks itself");
    detail::Task* const task = state_->queue.take(sys::now());
    if (task != nullptr) {
        state_->queue.finished(*task, task->run());
    }
    return task != nullptr;
}

bool RealTimeExecutor::realtime_denied() const noexcept {
    return std::any_of(state_->workers.begin(), state_->workers.end(),
                       [](const auto& worker) { return worker->thread.realtime_denied(); });
}

Result<void> RealTimeExecutor::start(const std::vector<detail::Task*>& tasks) {
    if (Result<void> valid = validate(state_->options); !valid) {
        return valid;
    }
    state_->queue.start(tasks);
    state_->is_stopping.store(false, std::memory_order_relaxed);
    state_->workers.clear();
    for (std::size_t i = 0; i < state_->options.threads; ++i) {
        state_->workers.push_back(std::make_unique<State::Worker>());
    }
    for (std::size_t i = 0; i < state_->options.threads; ++i) {
        State::Worker& worker = *state_->workers[i];
        Result<sys::Thread> thread =
            sys::Thread::start({.name = "executor-" + std::to_string(i),
                                .priority = state_->options.thread_priority,
                                .affinity = state_->options.thread_processor_affinity},
                               [state = state_.get(), &worker] { state->work(worker); });
        if (!thread) {
            stop();
            return thread.error();
        }
        worker.thread = *std::move(thread);
    }
    return {};
}

void RealTimeExecutor::stop() {
    state_->is_stopping.store(true, std::memory_order_release);
    state_->wake_all();
    for (const std::unique_ptr<State::Worker>& worker : state_->workers) {
        worker->thread.join();
    }
    state_->queue.stop();
}

void RealTimeExecutor::schedule(detail::Task& task) {
    if (state_->queue.schedule(task)) {
        state_->wake_one();
    }
}

void RealTimeExecutor::schedule_at(detail::Task& task, SteadyTime time) {
    if (state_->queue.schedule_at(task, time)) {
        state_->wake_all();
    }
}

}  // namespace sluice
