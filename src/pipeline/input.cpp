#include "pipeline/input.hpp"

#include <algorithm>
#include <utility>

#include "pipeline/channel.hpp"

namespace sluice::detail {

bool Input::has_room(std::size_t charge) const noexcept {
    const std::size_t depth =
        options.policy == SubscriptionPolicy::latest ? 1 : options.queue_depth;
    return queue.empty() || (queue.size() < depth && queued_b < options.queue_size_b &&
                             charge <= options.queue_size_b - queued_b);
}

void Input::push(const AnyMessage& message, std::uint64_t sequence) {
    const std::size_t charge = message.charge_b();
    ++ledger.offered;
    if (options.policy == SubscriptionPolicy::drop_newest && !has_room(charge)) {
        ++ledger.dropped;
        ++lost_last;
        return;
    }
    queue.push({message.share_for(nullptr), sequence, std::exchange(lost_last, 0)});
    queued_b += charge;
    queued_b_max = std::max(queued_b_max, queued_b);
    static_cast<void>(update_credit());
}

QueuedMessage Input::take_oldest() noexcept {
    QueuedMessage message = queue.pop();
    queued_b -= message.message.charge_b();
    return message;
}

AnyMessage Input::lose_oldest() noexcept {
    QueuedMessage lost = take_oldest();
    (queue.empty() ? lost_last : queue.front().lost_before) += lost.lost_before + 1;
    return std::move(lost.message);
}

MessageRing Input::take_all() noexcept {
    ledger.stopped += queue.size();
    queued_b = 0;
    return std::exchange(queue, {});
}

void Input::count(bool succeeded) noexcept {
    if (!succeeded) {
        --ledger.delivered;
        ++ledger.failed;
    }
}

/// A full queue has credit again when half of it is free, so that a publisher does not start and
/// stop at every message.
bool Input::update_credit() noexcept {
    if (!is_lossless()) {
        return false;
    }
    if (!lacks_credit) {
        if (queue.size() >= options.queue_depth || queued_b >= options.queue_size_b) {
            lacks_credit = true;
            channel->change_credit(1);
        }
        return false;
    }
    if (queue.size() > options.queue_depth / 2 || queued_b > options.queue_size_b / 2) {
        return false;
    }
    lacks_credit = false;
    channel->change_credit(-1);
    return true;
}

SubscriptionStatistics Input::statistics() const {
    const auto kept = [](const std::atomic<std::int64_t>& count) {
        return static_cast<std::uint64_t>(
            std::max<std::int64_t>(0, count.load(std::memory_order_relaxed)));
    };
    SubscriptionStatistics look;
    look.channel = channel->name;
    look.policy = options.policy;
    look.delivery = options.delivery;
    look.messages = ledger;
    look.messages.queued = queue.size();
    look.queued_b = queued_b;
    look.queued_b_max = queued_b_max;
    look.kept_messages = kept(keeper.messages);
    look.kept_b = kept(keeper.bytes);
    look.lacks_credit = lacks_credit;
    return look;
}

}  // namespace sluice::detail
