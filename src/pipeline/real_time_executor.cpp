#include <atomic>

#include "sluice/core/check.hpp"
#include "sluice/pipeline/executor.hpp"
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
    void work();

    RealTimeExecutorOptions options;
    detail::TaskQueue queue;
    sync::Parker idle;
    std::atomic<bool> is_stopping{false};
    std::vector<sys::Thread> threads;
};

void RealTimeExecutor::State::work() {
    while (!is_stopping.load(std::memory_order_acquire)) {
        if (detail::Task* const task = queue.take(sys::now())) {
            queue.finished(*task, task->run());
            continue;
        }
        const sync::Parker::Ticket ticket = idle.prepare();
        const SteadyTime next = queue.next_time();
        if (next == SteadyTime::min() || is_stopping.load(std::memory_order_acquire)) {
            idle.cancel();
        } else {
            idle.park(ticket, next);
        }
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
    for (const sys::Thread& thread : state_->threads) {
        if (thread.realtime_denied()) {
            return true;
        }
    }
    return false;
}

Result<void> RealTimeExecutor::start(const std::vector<detail::Task*>& tasks) {
    if (Result<void> valid = validate(state_->options); !valid) {
        return valid;
    }
    state_->queue.start(tasks);
    state_->is_stopping.store(false, std::memory_order_relaxed);
    state_->threads.clear();
    for (std::size_t i = 0; i < state_->options.threads; ++i) {
        Result<sys::Thread> thread =
            sys::Thread::start({.name = "executor-" + std::to_string(i),
                                .priority = state_->options.thread_priority,
                                .affinity = state_->options.thread_processor_affinity},
                               [state = state_.get()] { state->work(); });
        if (!thread) {
            stop();
            return thread.error();
        }
        state_->threads.push_back(*std::move(thread));
    }
    return {};
}

void RealTimeExecutor::stop() {
    state_->is_stopping.store(true, std::memory_order_release);
    state_->idle.unpark_all();
    for (sys::Thread& thread : state_->threads) {
        thread.join();
    }
    state_->queue.stop();
}

void RealTimeExecutor::schedule(detail::Task& task) {
    if (state_->queue.schedule(task)) {
        state_->idle.unpark_all();
    }
}

void RealTimeExecutor::schedule_at(detail::Task& task, SteadyTime time) {
    if (state_->queue.schedule_at(task, time)) {
        state_->idle.unpark_all();
    }
}

}  // namespace sluice
