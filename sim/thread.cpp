#include "sluice/sys/thread.hpp"

#include "sim/state.hpp"
#include "sluice/core/check.hpp"

namespace sluice::sys {

/// The simulated world has one thread. What needs a second is tested on Linux.
struct Thread::State {};

Thread::Thread() noexcept = default;
Thread::Thread(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Thread::Thread(Thread&&) noexcept = default;
Thread& Thread::operator=(Thread&&) noexcept = default;
Thread::~Thread() = default;

Result<Thread> Thread::start(const ThreadOptions& options, std::function<void()>) {
    SLUICE_CHECK(options.name.empty() && false, "there are no threads in the simulated world");
    return Thread();
}

void Thread::join() {}

void Thread::detach() noexcept {}

bool Thread::joinable() const noexcept {
    return false;
}

bool Thread::realtime_denied() const noexcept {
    return false;
}

ThreadStatus Thread::status() const {
    SLUICE_CHECK(joinable(), "only a running thread has a status");
    return {};
}

void yield() noexcept {}

std::uint64_t this_thread_id() noexcept {
    return 1;
}

CpuSet allowed_cpus() {
    CpuSet cpus;
    cpus.add(0);
    cpus.add(1);
    return cpus;
}

std::size_t raise_descriptor_limit() noexcept {
    return sim::world().limits.descriptors_max;
}

}  // namespace sluice::sys
