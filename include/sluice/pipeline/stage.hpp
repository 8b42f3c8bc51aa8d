/// Stages: what a pipeline is made of.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/pipeline/publisher.hpp"
#include "sluice/pipeline/subscription.hpp"

namespace sluice {

namespace detail {
class Actor;
struct ActorTimer;
}  // namespace detail

/// A timer of a stage. Its callback runs as the stage's other callbacks do, one at a time. Used
/// within `start`, `stop` and the stage's queued callbacks and timers only.
class StageTimer {
  public:
    StageTimer() = default;
    explicit StageTimer(detail::ActorTimer& timer) noexcept : timer_(&timer) {}

    /// Calls back once, at or soon after `when`.
    void arm(SteadyTime when);
    /// Calls back every `period`, first after one period, without drift; what was missed is
    /// skipped. REQUIRES: period > 0.
    void arm_every(Duration period);
    void disarm();

  private:
    detail::ActorTimer* timer_ = nullptr;
};

/// What a stage sees of its pipeline; valid as long as the stage is part of it.
///
/// Names of channels are relative to the stage's namespace (`packet_group` of the stage `lidar` is
/// `/lidar/packet_group`) unless they begin with `/`. What is wrong with a registration (a name, a
/// type, an impossible delivery) is an error of `Pipeline::initialize`.
class StageInterface {
  public:
    explicit StageInterface(detail::Actor& actor) noexcept : actor_(actor) {}
    StageInterface(const StageInterface&) = delete;
    StageInterface& operator=(const StageInterface&) = delete;

    [[nodiscard]] const std::string& name() const noexcept;

    // Within Stage::initialize.

    template <typename T>
    [[nodiscard]] Publisher<T> publisher(std::string_view channel,
                                         const PublisherOptions& options = {}) {
        return Publisher<T>(
            add_output(channel, options, std::make_unique<detail::MessagePool<T>>()));
    }

    /// `callback` is `void(const Delivery<T>&)`.
    template <typename T, typename Callback>
    void subscribe(std::string_view channel, const SubscriptionOptions& options,
                   Callback callback) {
        add_input(channel, &detail::message_type<T>(), options,
                  [callback = std::move(callback)](const AnyDelivery& delivery) mutable {
                      callback(Delivery<T>(delivery));
                  });
    }
    /// A channel of whatever type.
    void subscribe_any(std::string_view channel, const SubscriptionOptions& options,
                       std::function<void(const AnyDelivery&)> callback) {
        add_input(channel, nullptr, options, std::move(callback));
    }

    [[nodiscard]] StageTimer timer(std::function<void()> callback);

    /// `on_credit` is called when this stage has credit again, on any thread: it only signals.
    /// Never once the stage was stopped.
    void set_on_credit(std::function<void()> on_credit);

    /// The stage talks to the world, so it cannot run by a simulated clock.
    void require_real_time();

    // While it runs; any thread.

    /// The time of the pipeline's clock.
    [[nodiscard]] SteadyTime now() const;
    [[nodiscard]] SystemTime system_now() const;

    /// Whether every lossless subscriber of every channel of this stage has room. Without it, a
    /// stage that reads from the world stops reading; its callbacks and timers do not run.
    [[nodiscard]] bool has_credit() const noexcept;
    /// Sleeps until there is credit; false at the deadline, or when the stage was stopped. For
    /// threads of the stage's own, never in a callback.
    bool wait_ready(SteadyTime deadline = never);

    /// Asks for the end of the whole pipeline: `Pipeline::wait` returns.
    void request_stop();

  private:
    detail::Output& add_output(std::string_view channel, const PublisherOptions& options,
                               std::unique_ptr<detail::MessagePoolBase> pool);
    void add_input(std::string_view channel, const detail::MessageType* type,
                   const SubscriptionOptions& options,
                   std::function<void(const AnyDelivery&)> callback);

    detail::Actor& actor_;
};

/// A part of a pipeline: an actor. Its callbacks and timers never run concurrently, and run in the
/// order of publication over all its channels. What a callback throws is caught, counted and
/// logged; the message is dropped as `callback_failed`.
///
/// The order of calls: `initialize` of all stages; `start` of all, those that consume first;
/// `begin` of all; `stop` of all, those that produce first, each once everything published to it
/// was delivered. They run on the thread that starts and stops the pipeline; `start` and `stop`
/// while no callback of the stage runs.
class Stage {
  public:
    virtual ~Stage() = default;

    /// Registers publishers, subscriptions and timers; keeps a reference to `pipeline` if need be.
    virtual void initialize(StageInterface& pipeline) = 0;
    /// Gets ready: threads, descriptors, timers. An error ends the start of the pipeline.
    virtual Result<void> start() { return {}; }
    /// Every stage of the pipeline is ready: what threads of the stage's own publish from here on
    /// finds its subscribers, also where stages feed each other. Begin to read from the world here.
    /// Callbacks of the stage may run meanwhile.
    virtual void begin() {}
    /// Ends what `start` and `begin` began; publishes what is still open. Must return soon: 50 ms
    /// at most. No callback of the stage follows. Also called if `start` failed, and if it or
    /// `begin` was never called.
    virtual void stop() {}
};

}  // namespace sluice
