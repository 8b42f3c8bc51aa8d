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

thread_local const Actor* current_actor = nullptr;

/// Marks the stage whose callback the thread runs.
class CurrentActor {
  public:
    explicit CurrentActor(const Actor& actor) noexcept
        : previous_(std::exchange(current_actor, &actor)) {}
    ~CurrentActor() { current_actor = previous_; }
    CurrentActor(const CurrentActor&) = delete;
    CurrentActor& operator=(const CurrentActor&) = delete;

  private:
    const Actor* previous_;
};

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

bool Actor::is_current() const noexcept {
    return current_actor == this;
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
            enqueue(input, message);
            schedule = !std::exchange(is_scheduled_, true);
        }
    }
    if (schedule) {
        executor.schedule(*this);
    }
}

bool Actor::has_room(const Input& input, std::size_t charge) {
    const SubscriptionOptions& options = input.options;
    const std::size_t depth =
        options.policy == SubscriptionPolicy::latest ? 1 : options.queue_depth;
    return input.queue.empty() ||
           (input.queue.size() < depth && input.queued_b < options.queue_size_b &&
            charge <= options.queue_size_b - input.queued_b);
}

/// False if there is more to drop than the graveyard takes: then once more.
bool Actor::make_room(Input& input, std::size_t charge, Graveyard& graveyard) {
    const bool drops_queued = input.options.policy == SubscriptionPolicy::drop_oldest ||
                              input.options.policy == SubscriptionPolicy::latest;
    while (drops_queued && !has_room(input, charge)) {
        if (graveyard.full()) {
            return false;
        }
        lose_oldest(input, graveyard);
        ++input.ledger.dropped;
    }
    return true;
}

void Actor::enqueue(Input& input, const AnyMessage& message) {
    const std::size_t charge = message.charge_b();
    ++input.ledger.offered;
    if (input.options.policy == SubscriptionPolicy::drop_newest && !has_room(input, charge)) {
        ++input.ledger.dropped;
        ++input.lost_last;
        return;
    }
    input.queue.push(
        {message.share_for(nullptr), next_sequence_++, std::exchange(input.lost_last, 0)});
    input.queued_b += charge;
    input.queued_b_max = std::max(input.queued_b_max, input.queued_b);
    static_cast<void>(update_credit(input));
}

QueuedMessage Actor::take_oldest(Input& input) {
    QueuedMessage message = input.queue.pop();
    input.queued_b -= message.message.charge_b();
    return message;
}

void Actor::lose_oldest(Input& input, Graveyard& graveyard) {
    QueuedMessage lost = take_oldest(input);
    std::uint64_t& next_gap =
        input.queue.empty() ? input.lost_last : input.queue.front().lost_before;
    next_gap += lost.lost_before + 1;
    graveyard.bury(std::move(lost.message));
}

bool Actor::drop_oldest(Input& input) {
    Graveyard graveyard;
    const sync::MutexLock lock(mutex_);
    if (input.queue.empty()) {
        return false;
    }
    lose_oldest(input, graveyard);
    ++input.ledger.reclaimed;
    return true;
}

/// A full queue has credit again when half of it is free, so that a publisher does not start and
/// stop at every message.
bool Actor::update_credit(Input& input) {
    if (!input.is_lossless()) {
        return false;
    }
    const SubscriptionOptions& options = input.options;
    if (!input.lacks_credit) {
        if (input.queue.size() >= options.queue_depth || input.queued_b >= options.queue_size_b) {
            input.lacks_credit = true;
            input.channel->change_credit(1);
        }
        return false;
    }
    if (input.queue.size() <= options.queue_depth / 2 &&
        input.queued_b <= options.queue_size_b / 2) {
        input.lacks_credit = false;
        input.channel->change_credit(-1);
        return true;
    }
    return false;
}

void Actor::tell_credit() {
    if (!has_credit()) {
        return;
    }
    credit_.unpark_all();
    executor.schedule(*this);
    if (on_credit) {
        on_credit();
    }
}

bool Actor::wait_ready(SteadyTime deadline) {
    SLUICE_CHECK(current_actor == nullptr, "wait_ready inside a callback");
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

/// One timer or one message; false if there is nothing to do now.
bool Actor::run_one() {
    QueuedMessage message;
    Input* input = nullptr;
    ActorTimer* timer = nullptr;
    {
        const sync::MutexLock lock(mutex_);
        if (phase_ != Phase::open || !has_credit()) {
            return end_turn();
        }
        timer = due_timer();
        if (timer == nullptr) {
            input = next_input();
            if (input == nullptr) {
                return end_turn();
            }
            message = take_oldest(*input);
            ++input->ledger.delivered;
        }
        is_running_ = true;
    }
    if (timer != nullptr) {
        run_timer(*timer);
    } else {
        deliver(*input, std::move(message));
    }
    const sync::MutexLock lock(mutex_);
    is_running_ = false;
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
    const bool succeeded = call(input, message.message, message.lost_before);
    bool has_credit_again = false;
    {
        const sync::MutexLock lock(mutex_);
        if (!succeeded) {
            --input.ledger.delivered;
            ++input.ledger.failed;
        }
        has_credit_again = update_credit(input);
    }
    message.message.reset();
    if (has_credit_again) {
        input.channel->tell_credit();
    }
}

/// Runs a callback of the stage. False if it threw, which is logged.
template <typename Callback>
bool Actor::guard(std::string_view channel, Callback callback) noexcept {
    const CurrentActor current(*this);
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

bool Actor::call(Input& input, const AnyMessage& message, std::uint64_t lost_before) noexcept {
    return guard(input.channel->name, [&] {
        input.callback(AnyDelivery(message, input.channel->name, lost_before, input.keeper));
    });
}

void Actor::call_inline(Input& input, const AnyMessage& message) {
    {
        const sync::MutexLock lock(mutex_);
        ++input.ledger.offered;
        if (phase_ == Phase::closed) {
            ++input.ledger.stopped;
            return;
        }
        ++input.ledger.delivered;
        ++input.inline_calls;
    }
    const bool succeeded = call(input, message, 0);
    const sync::MutexLock lock(mutex_);
    if (!succeeded) {
        --input.ledger.delivered;
        ++input.ledger.failed;
    }
    if (--input.inline_calls == 0 && phase_ == Phase::closed) {
        idle_.unpark_all();
    }
}

// Timers. Only touched by `start` and by callbacks, which never run at once.

void Actor::arm(ActorTimer& timer, SteadyTime when, Duration period) {
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
    static_cast<void>(guard("(timer)", timer.callback));
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

bool Actor::is_idle() const {
    const bool must_drain = phase_ == Phase::open;
    return !is_running_ && std::all_of(inputs.begin(), inputs.end(), [&](const auto& input) {
        return input->inline_calls == 0 && (!must_drain || input->queue.empty());
    });
}

void Actor::wait_idle(SteadyTime deadline) {
    for (;;) {
        const sync::Parker::Ticket ticket = idle_.prepare();
        {
            const sync::MutexLock lock(mutex_);
            if (is_idle()) {
                idle_.cancel();
                return;
            }
        }
        if (!executor.has_threads()) {
            idle_.cancel();
            if (!executor.run_one()) {
                return;
            }
        } else if (!idle_.park(ticket, deadline)) {
            return;
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
    wait_idle(never);
    for (const std::unique_ptr<Input>& input : inputs) {
        MessageRing rest;
        bool has_credit_again = false;
        {
            const sync::MutexLock lock(mutex_);
            input->ledger.stopped += input->queue.size();
            std::swap(rest, input->queue);
            input->queued_b = 0;
            has_credit_again = update_credit(*input);
        }
        if (has_credit_again) {
            input->channel->tell_credit();
        }
    }
}

// Looks.

SubscriptionStatistics Actor::statistics(const Input& input) const {
    SubscriptionStatistics look;
    look.channel = input.channel->name;
    look.policy = input.options.policy;
    look.delivery = input.options.delivery;
    const auto kept = [](const std::atomic<std::int64_t>& count) {
        return static_cast<std::uint64_t>(
            std::max<std::int64_t>(0, count.load(std::memory_order_relaxed)));
    };
    look.kept_messages = kept(input.keeper.messages);
    look.kept_b = kept(input.keeper.bytes);
    const sync::MutexLock lock(mutex_);
    look.messages = input.ledger;
    look.messages.queued = input.queue.size();
    look.queued_b = input.queued_b;
    look.queued_b_max = input.queued_b_max;
    look.lacks_credit = input.lacks_credit;
    return look;
}

StageStatistics Actor::statistics() const {
    StageStatistics look;
    look.name = name;
    look.has_credit = has_credit();
    for (const std::unique_ptr<Input>& input : inputs) {
        look.subscriptions.push_back(statistics(*input));
    }
    return look;
}

}  // namespace sluice::detail
