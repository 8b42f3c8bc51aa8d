/// The seam: threads with a scheduling priority and a set of processors.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sluice/core/cpu_set.hpp"
#include "sluice/core/result.hpp"

namespace sluice::sys {

struct ThreadOptions {
    std::string name = "sluice";  ///< At most 15 bytes are shown by the system.
    /// 0: the ordinary scheduler. 1..99: SCHED_FIFO with this priority.
    int priority = 0;
    CpuSet affinity{};  ///< Empty: all processors.
};

/// `invalid_argument` for a priority outside 0..99 and for processors that this process may not
/// use; the detail gives the allowed ones.
[[nodiscard]] Result<void> validate(const ThreadOptions& options);

/// What the kernel says of a running thread.
struct ThreadStatus {
    bool realtime = false;  ///< It runs under SCHED_FIFO.
    int priority = 0;       ///< Its SCHED_FIFO priority, or 0.
    CpuSet affinity;        ///< Where it may run.
};

/// A thread. Must be joined or detached before it is destroyed.
class Thread {
  public:
    struct State;

    Thread() noexcept;
    Thread(Thread&&) noexcept;
    Thread& operator=(Thread&&) noexcept;
    ~Thread();

    /// Starts `entry` on a new thread that has its priority and processors before `entry` runs.
    /// A priority that is not permitted is no failure: the thread runs under the ordinary
    /// scheduler, one warning `realtime_denied` is logged, and `realtime_denied()` is true.
    [[nodiscard]] static Result<Thread> start(const ThreadOptions& options,
                                              std::function<void()> entry);

    /// Waits for the thread's end. Does nothing if there is no thread, or it was joined.
    void join();
    /// Lets it run on alone, until its entry returns or the process ends.
    void detach() noexcept;
    [[nodiscard]] bool joinable() const noexcept;
    [[nodiscard]] bool realtime_denied() const noexcept;
    /// Read from the kernel. REQUIRES: joinable(), and the thread has not ended.
    [[nodiscard]] ThreadStatus status() const;

  private:
    explicit Thread(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// Lets another thread run on this processor, if one is ready to.
void yield() noexcept;

/// A number that tells threads apart; never 0.
[[nodiscard]] std::uint64_t this_thread_id() noexcept;

/// The processors that this process may use.
[[nodiscard]] CpuSet allowed_cpus();

/// How many descriptors this process may have: the soft limit, raised to the hard one first.
[[nodiscard]] std::size_t raise_descriptor_limit() noexcept;

}  // namespace sluice::sys
