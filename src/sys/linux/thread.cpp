#include "sluice/sys/thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <atomic>
#include <cerrno>

#include "sluice/core/check.hpp"
#include "sluice/core/log.hpp"

namespace sluice::sys {

struct Thread::State {
    ThreadOptions options;
    pthread_t handle{};
    bool joinable = false;
    bool realtime_denied = false;
};

namespace {

constexpr std::size_t shown_name_bytes = 15;  // TASK_COMM_LEN less its final NUL

cpu_set_t to_kernel(const CpuSet& cpus) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int cpu = 0; cpu < CpuSet::capacity; ++cpu) {
        if (cpus.contains(cpu)) {
            CPU_SET(static_cast<std::size_t>(cpu), &set);
        }
    }
    return set;
}

CpuSet from_kernel(const cpu_set_t& set) {
    CpuSet cpus;
    for (int cpu = 0; cpu < CpuSet::capacity; ++cpu) {
        if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) {
            cpus.add(cpu);
        }
    }
    return cpus;
}

/// Attributes of a new thread; everything is inherited that is not asked for.
class Attributes {
  public:
    Attributes() { ::pthread_attr_init(&attributes_); }
    ~Attributes() { ::pthread_attr_destroy(&attributes_); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;

    void set_affinity(const CpuSet& cpus) {
        const cpu_set_t set = to_kernel(cpus);
        ::pthread_attr_setaffinity_np(&attributes_, sizeof set, &set);
    }
    void set_realtime(int priority) {
        const sched_param parameters{.sched_priority = priority};
        ::pthread_attr_setinheritsched(&attributes_, PTHREAD_EXPLICIT_SCHED);
        ::pthread_attr_setschedpolicy(&attributes_, SCHED_FIFO);
        ::pthread_attr_setschedparam(&attributes_, &parameters);
    }
    [[nodiscard]] const pthread_attr_t* get() const { return &attributes_; }

  private:
    pthread_attr_t attributes_{};
};

using Entry = std::function<void()>;

void* run_entry(void* argument) {
    const std::unique_ptr<Entry> entry(static_cast<Entry*>(argument));
    (*entry)();
    return nullptr;
}

/// Creates the thread with what `options` asks for, which it has from its first instruction on. It
/// takes `entry` over if it succeeds. Returns an errno, or 0.
int create(Thread::State& state, std::unique_ptr<Entry>& entry, bool realtime) {
    Attributes attributes;
    if (!state.options.affinity.empty()) {
        attributes.set_affinity(state.options.affinity);
    }
    if (realtime) {
        attributes.set_realtime(state.options.priority);
    }
    const int failure = ::pthread_create(&state.handle, attributes.get(), run_entry, entry.get());
    if (failure == 0) {
        static_cast<void>(entry.release());  // the thread destroys it
    }
    return failure;
}

}  // namespace

Thread::Thread() noexcept = default;
Thread::Thread(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Thread::Thread(Thread&&) noexcept = default;

Thread& Thread::operator=(Thread&& other) noexcept {
    SLUICE_CHECK(!joinable(), "a thread must be joined before it is replaced");
    state_ = std::move(other.state_);
    return *this;
}

Thread::~Thread() {
    SLUICE_CHECK(!joinable(), "a thread must be joined before it is destroyed");
}

Result<Thread> Thread::start(const ThreadOptions& options, std::function<void()> entry) {
    if (Result<void> valid = validate(options); !valid) {
        return valid.error();
    }
    auto state = std::make_unique<State>();
    state->options = options;
    auto owned_entry = std::make_unique<Entry>(std::move(entry));
    int failure = create(*state, owned_entry, options.priority > 0);
    if (failure == EPERM && options.priority > 0) {
        state->realtime_denied = true;
        log(LogLevel::warning, "realtime_denied",
            {{"thread", options.name},
             {"priority", std::int64_t{options.priority}},
             {"help", "needs CAP_SYS_NICE or a sufficient RLIMIT_RTPRIO"}});
        failure = create(*state, owned_entry, false);
    }
    if (failure == EAGAIN) {  // which is no "try again" here
        return Error(Errc::limit_reached,
                     "no room for the thread " + options.name + "; see ulimit -u and -s");
    }
    if (failure != 0) {
        return Error::from_errno(failure);
    }
    state->joinable = true;
    ::pthread_setname_np(state->handle, options.name.substr(0, shown_name_bytes).c_str());
    return Thread(std::move(state));
}

void Thread::join() {
    if (joinable()) {
        ::pthread_join(state_->handle, nullptr);
        state_->joinable = false;
    }
}

void Thread::detach() noexcept {
    if (joinable()) {
        ::pthread_detach(state_->handle);
        state_->joinable = false;
    }
}

bool Thread::joinable() const noexcept {
    return state_ && state_->joinable;
}

bool Thread::realtime_denied() const noexcept {
    return state_ && state_->realtime_denied;
}

ThreadStatus Thread::status() const {
    SLUICE_CHECK(joinable(), "only a running thread has a status");
    int policy = 0;
    sched_param parameters{};
    ::pthread_getschedparam(state_->handle, &policy, &parameters);
    cpu_set_t set;
    CPU_ZERO(&set);
    ::pthread_getaffinity_np(state_->handle, sizeof set, &set);
    const bool realtime = policy == SCHED_FIFO;
    return {.realtime = realtime,
            .priority = realtime ? parameters.sched_priority : 0,
            .affinity = from_kernel(set)};
}

void yield() noexcept {
    ::sched_yield();
}

std::uint64_t this_thread_id() noexcept {
    static std::atomic<std::uint64_t> next{1};
    thread_local const std::uint64_t id = next.fetch_add(1, std::memory_order_relaxed);
    return id;
}

CpuSet allowed_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    ::sched_getaffinity(0, sizeof set, &set);
    return from_kernel(set);
}

std::size_t raise_descriptor_limit() noexcept {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < limit.rlim_max) {
        rlimit raised = limit;
        raised.rlim_cur = limit.rlim_max;
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            limit = raised;
        }
    }
    return limit.rlim_cur;
}

}  // namespace sluice::sys
