#include <algorithm>

#include "sluice/pipeline/executor.hpp"

namespace sluice {

SimulatedExecutor::SimulatedExecutor(SystemTime begin) : begin_(begin) {}

void SimulatedExecutor::run_until(SteadyTime time) {
    while (queue_.next_time() <= time) {
        now_ = std::max(now_, queue_.next_time());
        run_one();
    }
    now_ = std::max(now_, time);
}

bool SimulatedExecutor::run_one() {
    detail::Task* const task = queue_.take(now_);
    if (task != nullptr) {
        queue_.finished(*task, task->run());
    }
    return task != nullptr;
}

void SimulatedExecutor::run_to_end(SteadyTime limit) {
    SteadyTime next = queue_.next_time();
    while (next != never && next <= limit) {
        run_until(std::max(now_, next));
        next = queue_.next_time();
    }
}

Result<void> SimulatedExecutor::start(const std::vector<detail::Task*>& tasks) {
    queue_.start(tasks);
    return {};
}

void SimulatedExecutor::stop() {
    queue_.stop();
}

void SimulatedExecutor::schedule(detail::Task& task) {
    static_cast<void>(queue_.schedule(task));
}

void SimulatedExecutor::schedule_at(detail::Task& task, SteadyTime time) {
    queue_.schedule_at(task, time);
}

}  // namespace sluice
