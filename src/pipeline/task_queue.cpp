#include <algorithm>
#include <utility>

#include "sluice/core/check.hpp"
#include "sluice/pipeline/executor.hpp"

namespace sluice::detail {

void TaskQueue::start(const std::vector<Task*>& tasks) {
    const sync::MutexLock lock(mutex_);
    SLUICE_CHECK(tasks_.empty(), "an executor serves one pipeline at a time");
    tasks_ = tasks;
    ready_ = std::make_unique<sync::Ring<Task*>>(std::max<std::size_t>(1, tasks.size()));
}

void TaskQueue::stop() {
    const sync::MutexLock lock(mutex_);
    tasks_.clear();
    ready_.reset();
    earliest_ = never;
}

SteadyTime TaskQueue::first_wake() const {
    SteadyTime first = never;
    for (const Task* const task : tasks_) {
        first = std::min(first, task->wake_time_);
    }
    return first;
}

void TaskQueue::make_ready(Task& task) {
    switch (task.state_) {
        case Task::State::idle:
            task.state_ = Task::State::ready;
            ready_->push_back(&task);
            break;
        case Task::State::running:
            task.state_ = Task::State::running_and_ready;
            break;
        case Task::State::ready:
        case Task::State::running_and_ready:
            break;
    }
}

bool TaskQueue::schedule(Task& task) {
    const sync::MutexLock lock(mutex_);
    if (ready_ == nullptr) {
        return false;
    }
    const bool was_idle = task.state_ == Task::State::idle;
    make_ready(task);
    return was_idle;
}

bool TaskQueue::schedule_at(Task& task, SteadyTime time) {
    const sync::MutexLock lock(mutex_);
    const SteadyTime before = std::exchange(task.wake_time_, time);
    if (time < earliest_) {
        earliest_ = time;
        return true;
    }
    if (before == earliest_) {
        earliest_ = first_wake();
    }
    return false;
}

Task* TaskQueue::take(SteadyTime now) {
    const sync::MutexLock lock(mutex_);
    if (earliest_ <= now) {
        for (Task* const task : tasks_) {
            if (task->wake_time_ <= now) {
                task->wake_time_ = never;
                make_ready(*task);
            }
        }
        earliest_ = first_wake();
    }
    if (ready_ == nullptr || ready_->empty()) {
        return nullptr;
    }
    Task* const task = ready_->take();
    task->state_ = Task::State::running;
    return task;
}

void TaskQueue::finished(Task& task, bool has_more) {
    const sync::MutexLock lock(mutex_);
    const bool is_ready = has_more || task.state_ == Task::State::running_and_ready;
    task.state_ = Task::State::idle;
    if (is_ready) {
        task.state_ = Task::State::ready;
        ready_->push_back(&task);
    }
}

SteadyTime TaskQueue::next_time() const {
    const sync::MutexLock lock(mutex_);
    return ready_ == nullptr || ready_->empty() ? earliest_ : SteadyTime::min();
}

}  // namespace sluice::detail
