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
    /// Whether the caller is inside a callback of this stage.
    [[nodiscard]] bool is_current() const noexcept;

    // Credit of the stage's outputs.
    void change_credit(int change) {
        missing_credits_.fetch_add(change, std::memory_order_acq_rel);
    }
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
    [[nodiscard]] SubscriptionStatistics statistics(const Input& input) const;

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
    bool guard(std::string_view channel, Callback callback) noexcept;
    bool call(Input& input, const AnyMessage& message, std::uint64_t lost_before) noexcept;
    bool end_turn() SLUICE_REQUIRES(mutex_);

    [[nodiscard]] static bool has_room(const Input& input, std::size_t charge);
    [[nodiscard]] bool make_room(Input& input, std::size_t charge, Graveyard& graveyard)
        SLUICE_REQUIRES(mutex_);
    void enqueue(Input& input, const AnyMessage& message) SLUICE_REQUIRES(mutex_);
    [[nodiscard]] QueuedMessage take_oldest(Input& input) SLUICE_REQUIRES(mutex_);
    void lose_oldest(Input& input, Graveyard& graveyard) SLUICE_REQUIRES(mutex_);
    /// True if credit came back: tell those who wait.
    [[nodiscard]] bool update_credit(Input& input) SLUICE_REQUIRES(mutex_);
    [[nodiscard]] bool is_idle() const SLUICE_REQUIRES(mutex_);
    void wait_idle(SteadyTime deadline);

    mutable sync::Mutex mutex_;
    Phase phase_ SLUICE_GUARDED_BY(mutex_) = Phase::before;
    std::uint64_t next_sequence_ SLUICE_GUARDED_BY(mutex_) = 0;
    bool is_running_ SLUICE_GUARDED_BY(mutex_) = false;    // a callback or timer, now
    bool is_scheduled_ SLUICE_GUARDED_BY(mutex_) = false;  // the executor knows of work
    std::atomic<int> missing_credits_{0};
    sync::Parker credit_;  // tells wait_ready
    sync::Parker idle_;    // tells close
};

}  // namespace sluice::detail
