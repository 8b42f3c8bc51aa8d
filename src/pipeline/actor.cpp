#include "pipeline/actor.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "sluice/core/check.hpp"
#include "sluice/core/log.hpp"

namespace sluice::detail {
namespace {

// Callbacks in one turn: then the executor's other stages have theirs.
constexpr int turn_callbacks = 64;

/// A stage's code, while this thread runs it. They nest where a callback publishes to an inline
/// one.
class Call {
  public:
    Call(const Actor& actor, CallKind kind) noexcept
        : actor_(actor), kind_(kind), outer_(std::exchange(innermost_, this)) {}
    ~Call() { innermost_ = outer_; }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    [[nodiscard]] static bool is_any() noexcept { return innermost_ != nullptr; }
    [[nodiscard]] static bool is_of(const Actor& actor) noexcept {
        return find([&](const Call& call) { return &call.actor_ == &actor; });
    }
    [[nodiscard]] static bool is_turn_of(const Actor& actor) noexcept {
        return find([&](const Call& call) {
            return &call.actor_ == &actor && call.kind_ == CallKind::turn;
        });
    }

  private:
    template <typename Predicate>
    static bool find(Predicate predicate) noexcept {
        const Call* call = innermost_;
        while (call != nullptr && !predicate(*call)) {
            call = call->outer_;
        }
        return call != nullptr;
    }

    static thread_local const Call* innermost_;
    const Actor& actor_;
    const CallKind kind_;
    const Call* const outer_;
};

thread_local const Call* Call::innermost_ = nullptr;

}  // namespace

/// Takes dropped messages out of the lock, because their release may run anybody's code.
class Actor::Graveyard {
  public:
    [[nodiscard]] bool full() const noexcept { return size_ == messages_.size(); }
    void bury(AnyMessage&& message) noexcept { messages_[size_++] = std::move(message); }

  private:
    std::array<AnyMessage, 16> messages_;
    std::size_t size_ = 0;
};

Actor::Actor(std::string name_in, std::string name_space_in, std::unique_ptr<Stage> stage_in,
             Executor& executor_in, const PipelineStatus& status_in,
             std::function<void()> on_stop_request_in)
    : name(std::move(name_in)),
      name_space(std::move(name_space_in)),
      executor(executor_in),
      status(status_in),
      on_stop_request(std::move(on_stop_request_in)),
      interface(*this),
      stage(std::move(stage_in)) {}

bool Actor::is_called_here() const noexcept {
    return Call::is_of(*this);
}

bool Actor::has_turn_here() const noexcept {
    return Call::is_turn_of(*this);
}

// Publishing.

void Actor::offer(Input& input, const AnyMessage& message) {
    bool schedule = false;
    for (bool is_done = false; !is_done;) {
        Graveyard graveyard;
        const sync::MutexLock lock(mutex_);
        if (phase_ == Phase::closed) {
            ++input.ledger.offered;
            ++input.ledger.stopped;
            return;
        }
        is_done = make_room(input, message.charge_b(), graveyard);
        if (is_done) {
            input.push(message, next_sequence_++);
            // Without credit nothing could be done; tell_credit schedules when it is back.
            schedule = phase_ == Phase::open && has_credit() && !std::exchange(is_scheduled_, true);
        }
    }
    if (schedule) {
        executor.schedule(*this);
    }
}

/// False if there is more to drop than the graveyard takes: then once more.
bool Actor::make_room(Input& input, std::size_t charge, Graveyard& graveyard) {
    while (input.drops_oldest() && !input.has_room(charge)) {
        if (graveyard.full()) {
            return false;
        }
        graveyard.bury(input.lose_oldest());
        ++input.ledger.dropped;
    }
    return true;
}

bool Actor::drop_oldest(Input& input) {
    AnyMessage lost;
    const sync::MutexLock lock(mutex_);
    if (input.queue.empty()) {
        return false;
    }
    lost = input.lose_oldest();
    ++input.ledger.reclaimed;
    return true;
}

void Actor::tell_credit() {
    if (!has_credit()) {
        return;
    }
    credit_.unpark_all();
    executor.schedule(*this);
    if (!on_credit) {
        return;
    }
    {
        const sync::MutexLock lock(mutex_);
        if (phase_ == Phase::closed) {
            return;
        }
        ++outside_calls_;
    }
    static_cast<void>(guard("(credit)", CallKind::outside, on_credit));
    const sync::MutexLock lock(mutex_);
    end_outside_call();
}

bool Actor::wait_ready(SteadyTime deadline) {
    SLUICE_CHECK(!Call::is_any(), "wait_ready inside a callback");
    for (;;) {
        const sync::Parker::Ticket ticket = credit_.prepare();
        bool is_closed = false;
        {
            const sync::MutexLock lock(mutex_);
            is_closed = phase_ == Phase::closed;
        }
        if (is_closed || has_credit()) {
            credit_.cancel();
            return !is_closed;
        }
        if (!credit_.park(ticket, deadline)) {
            return false;
        }
    }
}

// The turn.

bool Actor::run() noexcept {
    for (int i = 0; i < turn_callbacks; ++i) {
        if (!run_one()) {
            return false;
        }
    }
    return true;
}

/// One timer or one message, in turns if both are due; false if there is nothing to do now.
bool Actor::run_one() {
    QueuedMessage message;
    Input* input = nullptr;
    ActorTimer* timer = nullptr;
    {
        const sync::MutexLock lock(mutex_);
        if (phase_ != Phase::open || !has_credit()) {
            return end_turn();
        }
        input = next_input();
        timer = input != nullptr && was_timer_ ? nullptr : due_timer();
        was_timer_ = timer != nullptr;
        if (timer == nullptr && input == nullptr) {
            return end_turn();
        }
        if (timer == nullptr) {
            message = input->take_oldest();
            ++input->ledger.delivered;
        }
        is_running_ = true;
    }
    if (timer != nullptr) {
        run_timer(*timer);
    } else {
        deliver(*input, std::move(message));
    }
    return true;
}

bool Actor::end_turn() {
    is_scheduled_ = false;
    idle_.unpark_all();
    return false;
}

Input* Actor::next_input() {
    Input* next = nullptr;
    for (const std::unique_ptr<Input>& input : inputs) {
        if (!input->queue.empty() &&
            (next == nullptr || input->queue.front().sequence < next->queue.front().sequence)) {
            next = input.get();
        }
    }
    return next;
}

void Actor::deliver(Input& input, QueuedMessage&& message) {
    const bool succeeded = call(input, CallKind::turn, message.message, message.lost_before);
    message.message.reset();
    bool has_credit_again = false;
    {
        const sync::MutexLock lock(mutex_);
        input.count(succeeded);
        has_credit_again = input.update_credit();
        is_running_ = false;
    }
    if (has_credit_again) {
        input.channel->tell_credit();
    }
}

/// Runs a callback of the stage. False if it threw, which is logged.
template <typename Callback>
bool Actor::guard(std::string_view channel, CallKind kind, const Callback& callback) noexcept {
    const Call call(*this, kind);
    std::string thrown;
    try {
        callback();
        return true;
    } catch (const std::exception& error) {
        thrown = error.what();
    } catch (...) {
        thrown = "something that is no std::exception";
    }
    log(LogLevel::error, "callback_failed",
        {{"stage", name}, {"channel", channel}, {"thrown", thrown}});
    return false;
}

bool Actor::call(Input& input, CallKind kind, const AnyMessage& message,
                 std::uint64_t lost_before) noexcept {
    return guard(input.channel->name, kind, [&] {
        input.callback(AnyDelivery(message, input.channel->name, lost_before, input.keeper));
    });
}

void Actor::call_inline(Input& input, const AnyMessage& message) {
    std::uint64_t lost_before = 0;
    {
        const sync::MutexLock lock(mutex_);
        ++input.ledger.offered;
        if (phase_ != Phase::open) {
            ++input.ledger.stopped;
            ++input.lost_last;
            return;
        }
        ++input.ledger.delivered;
        ++outside_calls_;
        lost_before = std::exchange(input.lost_last, 0);
    }
    const bool succeeded = call(input, CallKind::outside, message, lost_before);
    const sync::MutexLock lock(mutex_);
    input.count(succeeded);
    end_outside_call();
}

void Actor::end_outside_call() {
    if (--outside_calls_ == 0) {
        idle_.unpark_all();
    }
}

// Timers. Only touched by `start` and in the turn, which are never at once.

void Actor::arm(ActorTimer& timer, SteadyTime when, Duration period) {
    SLUICE_CHECK(has_turn_here() || !is_open(), "a timer is armed outside its stage's turn");
    timer.when = when;
    timer.period = period;
    schedule_timers();
}

void Actor::schedule_timers() {
    SteadyTime earliest = never;
    for (const std::unique_ptr<ActorTimer>& timer : timers) {
        earliest = std::min(earliest, timer->when);
    }
    executor.schedule_at(*this, earliest);
}

ActorTimer* Actor::due_timer() {
    if (timers.empty()) {
        return nullptr;
    }
    const auto earliest = std::min_element(
        timers.begin(), timers.end(),
        [](const auto& one, const auto& other) { return one->when < other->when; });
    return (*earliest)->when <= executor.now() ? earliest->get() : nullptr;
}

void Actor::run_timer(ActorTimer& timer) {
    if (timer.period > Duration::zero()) {
        const Duration late = executor.now() - timer.when;
        timer.when += timer.period * (1 + late / timer.period);
    } else {
        timer.when = never;
    }
    schedule_timers();
    static_cast<void>(guard("(timer)", CallKind::turn, timer.callback));
    const sync::MutexLock lock(mutex_);
    is_running_ = false;
}

// Beginning and end.

void Actor::open() {
    {
        const sync::MutexLock lock(mutex_);
        phase_ = Phase::open;
        is_scheduled_ = true;
    }
    executor.schedule(*this);
}

bool Actor::is_open() const {
    const sync::MutexLock lock(mutex_);
    return phase_ == Phase::open;
}

/// While open: nothing is left to deliver. Later: nothing of the stage runs.
bool Actor::is_idle() const {
    if (phase_ != Phase::open) {
        return !is_running_ && outside_calls_ == 0;
    }
    return !is_running_ && std::all_of(inputs.begin(), inputs.end(),
                                       [](const auto& input) { return input->queue.empty(); });
}

void Actor::wait_idle(SteadyTime deadline) {
    for (;;) {
        const sync::Parker::Ticket ticket = idle_.prepare();
        bool runs_alone = executor.has_threads();
        {
            const sync::MutexLock lock(mutex_);
            if (is_idle()) {
                idle_.cancel();
                return;
            }
            runs_alone = runs_alone || phase_ != Phase::open;
        }
        if (runs_alone) {
            if (!idle_.park(ticket, deadline)) {
                return;
            }
        } else {
            idle_.cancel();
            if (executor.now() >= deadline || !executor.run_one()) {
                return;
            }
        }
    }
}

void Actor::close(SteadyTime deadline) {
    wait_idle(deadline);
    {
        const sync::MutexLock lock(mutex_);
        phase_ = Phase::closed;
    }
    credit_.unpark_all();
    for (const std::unique_ptr<Input>& input : inputs) {
        MessageRing rest;
        bool has_credit_again = false;
        {
            const sync::MutexLock lock(mutex_);
            rest = input->take_all();
            has_credit_again = input->update_credit();
        }
        if (has_credit_again) {
            input->channel->tell_credit();
        }
    }
    wait_idle(never);
}

// Looks.

std::size_t Actor::queued_b(const Input& input) const {
    const sync::MutexLock lock(mutex_);
    return input.queued_b;
}

StageStatistics Actor::statistics() const {
    StageStatistics look;
    look.name = name;
    look.has_credit = has_credit();
    for (const std::unique_ptr<Input>& input : inputs) {
        const sync::MutexLock lock(mutex_);
        look.subscriptions.push_back(input->statistics());
    }
    return look;
}

}  // namespace sluice::detail
