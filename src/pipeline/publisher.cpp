#include "sluice/pipeline/publisher.hpp"

#include <algorithm>
#include <span>

#include "pipeline/actor.hpp"

namespace sluice {
namespace {

detail::Output& existing(detail::Output* output) {
    SLUICE_CHECK(output != nullptr, "a publisher is used before it belongs to a channel");
    return *output;
}

/// None before the channels are joined.
std::span<detail::Input* const> inputs_of(detail::Output* output) {
    const detail::Channel* const channel = existing(output).channel;
    return channel == nullptr ? std::span<detail::Input* const>() : channel->inputs;
}

}  // namespace

const std::string& AnyPublisher::channel() const noexcept {
    return existing(output_).channel_name;
}

std::size_t AnyPublisher::subscriber_count() const noexcept {
    return inputs_of(output_).size();
}

std::size_t AnyPublisher::lossy_subscriber_count() const noexcept {
    const std::span<detail::Input* const> inputs = inputs_of(output_);
    return static_cast<std::size_t>(
        std::count_if(inputs.begin(), inputs.end(),
                      [](const detail::Input* input) { return input->is_lossy(); }));
}

bool AnyPublisher::has_credit() const noexcept {
    const detail::Channel* const channel = existing(output_).channel;
    return channel == nullptr || channel->missing_credits.load(std::memory_order_acquire) <= 0;
}

Result<void> AnyPublisher::publish_any(const AnyMessage& message, WithoutCredit without_credit) {
    return existing(output_).publish(message, without_credit);
}

bool AnyPublisher::reclaim_oldest() {
    for (;;) {
        detail::Input* fullest = nullptr;
        std::size_t most_b = 0;
        for (detail::Input* const input : inputs_of(output_)) {
            const std::size_t queued_b = input->is_lossy() ? input->actor.queued_b(*input) : 0;
            if (queued_b > most_b) {
                fullest = input;
                most_b = queued_b;
            }
        }
        // Again if it was delivered meanwhile.
        if (fullest == nullptr || fullest->actor.drop_oldest(*fullest)) {
            return fullest != nullptr;
        }
    }
}

std::vector<std::string> AnyPublisher::holders() const {
    std::vector<std::string> names;
    for (const detail::Input* const input : inputs_of(output_)) {
        if (input->keeper.messages.load(std::memory_order_relaxed) > 1) {
            names.push_back(input->actor.name);
        }
    }
    return names;
}

detail::MessagePoolBase& AnyPublisher::pool() const noexcept {
    return *existing(output_).pool;
}

}  // namespace sluice
