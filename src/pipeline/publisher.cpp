#include "sluice/pipeline/publisher.hpp"

#include <algorithm>

#include "pipeline/actor.hpp"

namespace sluice {
namespace {

template <typename Predicate>
std::size_t count_inputs(const detail::Output* output, Predicate predicate) {
    SLUICE_CHECK(output != nullptr, "a publisher is used before it belongs to a channel");
    if (output->channel == nullptr) {
        return 0;
    }
    const std::vector<detail::Input*>& inputs = output->channel->inputs;
    return static_cast<std::size_t>(std::count_if(inputs.begin(), inputs.end(), predicate));
}

}  // namespace

const std::string& AnyPublisher::channel() const noexcept {
    SLUICE_CHECK(output_ != nullptr, "a publisher is used before it belongs to a channel");
    return output_->channel_name;
}

std::size_t AnyPublisher::subscriber_count() const noexcept {
    return count_inputs(output_, [](const detail::Input*) { return true; });
}

std::size_t AnyPublisher::lossy_subscriber_count() const noexcept {
    return count_inputs(output_, [](const detail::Input* input) { return input->is_lossy(); });
}

Result<void> AnyPublisher::publish_any(AnyMessage message, WithoutCredit without_credit) {
    SLUICE_CHECK(output_ != nullptr, "a publisher is used before it belongs to a channel");
    return output_->publish(std::move(message), without_credit);
}

bool AnyPublisher::reclaim_oldest() {
    detail::Input* fullest = nullptr;
    std::size_t queued_b = 0;
    for (detail::Input* const input : output_->channel->inputs) {
        const SubscriptionStatistics look = input->actor.statistics(*input);
        if (input->is_lossy() && look.queued_b > queued_b) {
            fullest = input;
            queued_b = look.queued_b;
        }
    }
    return fullest != nullptr && fullest->actor.drop_oldest(*fullest);
}

std::vector<std::string> AnyPublisher::holders() const {
    std::vector<std::string> names;
    for (const detail::Input* const input : output_->channel->inputs) {
        if (input->keeper.messages.load(std::memory_order_relaxed) > 1) {
            names.push_back(input->actor.name);
        }
    }
    return names;
}

detail::MessagePoolBase& AnyPublisher::pool() const noexcept {
    SLUICE_CHECK(output_ != nullptr, "a publisher is used before it belongs to a channel");
    return *output_->pool;
}

}  // namespace sluice
