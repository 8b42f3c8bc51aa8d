#include "pipeline/channel.hpp"

#include "pipeline/actor.hpp"
#include "sluice/core/check.hpp"

namespace sluice::detail {

Result<void> Output::publish(const AnyMessage& message, WithoutCredit without_credit) {
    switch (status.phase.load(std::memory_order_acquire)) {
        case PipelineStatus::Phase::filling:
        case PipelineStatus::Phase::initialized:
            return Error(Errc::closed, "the pipeline does not run yet");
        case PipelineStatus::Phase::stopped:
            return Error(Errc::stopped);
        case PipelineStatus::Phase::running:
            break;
    }
    SLUICE_CHECK(message.is_of(*channel->type), "a message is published on a channel of its type");
    if (without_credit == WithoutCredit::refuse && !actor.has_turn_here() &&
        channel->missing_credits.load(std::memory_order_acquire) > 0) {
        refused.fetch_add(1, std::memory_order_relaxed);
        return Error(Errc::would_block);
    }
    published.fetch_add(1, std::memory_order_relaxed);
    if (channel->is_latched) {
        AnyMessage previous = message.share_for(nullptr);
        const sync::MutexLock lock(channel->mutex);
        std::swap(previous, channel->latest);
    }
    for (Input* const input : channel->inputs) {
        if (input->is_queued()) {
            input->actor.offer(*input, message);
        } else {
            input->actor.call_inline(*input, message);
        }
    }
    return {};
}

void Channel::change_credit(int change) {
    missing_credits.fetch_add(change, std::memory_order_acq_rel);
    for (Output* const output : outputs) {
        output->actor.change_credit(change);
    }
}

void Channel::tell_credit() {
    for (Output* const output : outputs) {
        output->actor.tell_credit();
    }
}

}  // namespace sluice::detail
