#include "app/stage_view.hpp"

#include <algorithm>

namespace sluice::app {

SubscriptionLedger sum_of_messages(const StageView& stage) noexcept {
    SubscriptionLedger sum;
    for (const SubscriptionStatistics& subscription : stage.subscriptions) {
        const SubscriptionLedger& messages = subscription.messages;
        sum.offered += messages.offered;
        sum.delivered += messages.delivered;
        sum.failed += messages.failed;
        sum.dropped += messages.dropped;
        sum.reclaimed += messages.reclaimed;
        sum.stopped += messages.stopped;
        sum.queued += messages.queued;
    }
    return sum;
}

std::uint64_t lost_messages(const SubscriptionLedger& ledger) noexcept {
    return ledger.failed + ledger.dropped + ledger.reclaimed + ledger.stopped;
}

std::string connection_text(const StageView& stage, SystemTime now) {
    if (!stage.connection) {
        return "";
    }
    const ConnectionState& state = *stage.connection;
    if (state.state != ConnectionStatus::waiting) {
        return state.peer.empty() ? state.reason : state.peer;
    }
    const SystemTime retry = state.time + std::chrono::milliseconds(state.retry_after_ms);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(retry - now).count();
    return state.reason + ", retry in " + std::to_string(std::max<std::int64_t>(seconds, 0)) + " s";
}

}  // namespace sluice::app
