/// What runs a stage: its queues, its timers, its turn.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/channel.hpp"
#include "sluice/pipeline/executor.hpp"
#include "sluice/pipeline/stage.hpp"
#include "sluice/sync/mutex.hpp"
#include "sluice/sync/parker.hpp"

namespace sluice::detail {

struct ActorTimer {
    Actor& actor;
    std::function<void()> callback;
    SteadyTime when = never;
    Duration period{};  ///< 0: once.
};

/// How a stage's code is called: in its turn, one at a time and with credit; or on the thread of
/// somebody else, beside the turn.
enum class CallKind : unsigned char { turn, outside };

/// A stage with its mailbox. One callback or timer at a time, in the order of publication; nothing
/// while it lacks credit. Lists of inputs, outputs and timers are fixed once it runs.
class Actor final : public Task {
  public:
    Actor(std::string name, std::string name_space, std::unique_ptr<Stage> stage,
          Executor& executor, const PipelineStatus& status, std::function<void()> on_stop_request);

    // Executor.
    bool run() noexcept override;

    // Publishing threads.
    void offer(Input& input, const AnyMessage& message);
    void call_inline(Input& input, const AnyMessage& message);
    /// Makes a lossy subscription give up its oldest message; false if it has none.
    bool drop_oldest(Input& input);
    /// Whether the calling thread is inside code of this stage that the pipeline called.
    [[nodiscard]] bool is_called_here() const noexcept;
    /// The same, and in its turn: a queued callback or a timer.
    [[nodiscard]] bool has_turn_here() const noexcept;

    // Credit of the stage's outputs.
    void change_credit(int change) {
        missing_credits_.fetch_add(change, std::memory_order_acq_rel);
    }
    /// Under no mutex.
    void tell_credit();
    [[nodiscard]] bool has_credit() const noexcept {
        return missing_credits_.load(std::memory_order_acquire) <= 0;
    }
    bool wait_ready(SteadyTime deadline);

    // Course.
    /// Callbacks may run from now on.
    void open();
    /// Waits until everything queued is delivered, at most until `deadline`; then no callback
    /// begins any more, and those that run have ended. The rest is counted `stopped`.
    void close(SteadyTime deadline);

    void arm(ActorTimer& timer, SteadyTime when, Duration period);

    [[nodiscard]] StageStatistics statistics() const;
    [[nodiscard]] std::size_t queued_b(const Input& input) const;

    const std::string name;
    const std::string name_space;  ///< Begins with '/'.
    Executor& executor;
    const PipelineStatus& status;
    const std::function<void()> on_stop_request;
    StageInterface interface;
    std::unique_ptr<Stage> stage;

    // Filled within Stage::initialize.
    std::vector<std::unique_ptr<Input>> inputs;
    std::vector<std::unique_ptr<Output>> outputs;
    std::vector<std::unique_ptr<ActorTimer>> timers;
    std::function<void()> on_credit;
    bool requires_real_time = false;

  private:
    enum class Phase : unsigned char { before, open, closed };
    class Graveyard;

    bool run_one();
    void run_timer(ActorTimer& timer);
    [[nodiscard]] ActorTimer* due_timer();
    void schedule_timers();
    [[nodiscard]] Input* next_input() SLUICE_REQUIRES(mutex_);
    void deliver(Input& input, QueuedMessage&& message);
    template <typename Callback>
    bool guard(std::string_view channel, CallKind kind, const Callback& callback) noexcept;
    bool call(Input& input, CallKind kind, const AnyMessage& message,
              std::uint64_t lost_before) noexcept;
    void end_outside_call() SLUICE_REQUIRES(mutex_);
    bool end_turn() SLUICE_REQUIRES(mutex_);

    [[nodiscard]] bool make_room(Input& input, std::size_t charge, Graveyard& graveyard)
        SLUICE_REQUIRES(mutex_);
    [[nodiscard]] bool is_open() const;
    [[nodiscard]] bool is_idle() const SLUICE_REQUIRES(mutex_);
    void wait_idle(SteadyTime deadline);

    mutable sync::Mutex mutex_;
    Phase phase_ SLUICE_GUARDED_BY(mutex_) = Phase::before;
    std::uint64_t next_sequence_ SLUICE_GUARDED_BY(mutex_) = 0;
    bool is_running_ SLUICE_GUARDED_BY(mutex_) = false;    // a callback or timer, in its turn
    int outside_calls_ SLUICE_GUARDED_BY(mutex_) = 0;      // running now
    bool was_timer_ SLUICE_GUARDED_BY(mutex_) = false;     // what had the turn last
    bool is_scheduled_ SLUICE_GUARDED_BY(mutex_) = false;  // the executor knows of work
    std::atomic<int> missing_credits_{0};
    sync::Parker credit_;  // tells wait_ready
    sync::Parker idle_;    // tells close
};

}  // namespace sluice::detail
