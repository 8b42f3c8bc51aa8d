#include "sluice/pipeline/stage.hpp"

#include "pipeline/actor.hpp"
#include "sluice/core/check.hpp"

namespace sluice {
namespace {

std::string full_name(const detail::Actor& actor, std::string_view channel) {
    return channel.starts_with('/') ? std::string(channel)
                                    : actor.name_space + "/" + std::string(channel);
}

void check_registering(const detail::Actor& actor) {
    SLUICE_CHECK(actor.status.phase.load(std::memory_order_relaxed) ==
                     detail::PipelineStatus::Phase::filling,
                 "publishers, subscriptions and timers are registered within Stage::initialize");
}

}  // namespace

void StageTimer::arm(SteadyTime when) {
    SLUICE_CHECK(timer_ != nullptr, "a timer is used before it was registered");
    timer_->actor.arm(*timer_, when, Duration::zero());
}

void StageTimer::arm_every(Duration period) {
    SLUICE_CHECK(timer_ != nullptr, "a timer is used before it was registered");
    SLUICE_CHECK(period > Duration::zero(), "a timer's period is positive");
    timer_->actor.arm(*timer_, saturating_add(timer_->actor.executor.now(), period), period);
}

void StageTimer::disarm() {
    arm(never);
}

const std::string& StageInterface::name() const noexcept {
    return actor_.name;
}

StageTimer StageInterface::timer(std::function<void()> callback) {
    check_registering(actor_);
    return StageTimer(*actor_.timers.emplace_back(std::make_unique<detail::ActorTimer>(
        detail::ActorTimer{actor_, std::move(callback), never, Duration::zero()})));
}

void StageInterface::set_on_credit(std::function<void()> on_credit) {
    check_registering(actor_);
    actor_.on_credit = std::move(on_credit);
}

void StageInterface::require_real_time() {
    check_registering(actor_);
    actor_.requires_real_time = true;
}

SteadyTime StageInterface::now() const {
    return actor_.executor.now();
}

SystemTime StageInterface::system_now() const {
    return actor_.executor.system_now();
}

bool StageInterface::has_credit() const noexcept {
    return actor_.has_credit();
}

bool StageInterface::wait_ready(SteadyTime deadline) {
    return actor_.wait_ready(deadline);
}

void StageInterface::request_stop() {
    actor_.on_stop_request();
}

detail::Output& StageInterface::add_output(std::string_view channel,
                                           const PublisherOptions& options,
                                           std::unique_ptr<detail::MessagePoolBase> pool) {
    check_registering(actor_);
    return *actor_.outputs.emplace_back(std::make_unique<detail::Output>(
        actor_, actor_.status, full_name(actor_, channel), options, std::move(pool)));
}

void StageInterface::add_input(std::string_view channel, const detail::MessageType* type,
                               const SubscriptionOptions& options,
                               std::function<void(const AnyDelivery&)> callback) {
    check_registering(actor_);
    auto input = std::make_unique<detail::Input>(actor_, full_name(actor_, channel), type, options,
                                                 std::move(callback));
    actor_.inputs.push_back(std::move(input));
}

}  // namespace sluice
