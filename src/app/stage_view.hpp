/// How the stages of a running pipeline are, at one moment: what the live table, the status line
/// and the ledger are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/core/time.hpp"
#include "sluice/messages/connection_state.hpp"
#include "sluice/messages/socket_stats.hpp"
#include "sluice/pipeline/subscription.hpp"

namespace sluice::app {

struct StageView {
    std::string name;
    bool has_connection = false;                ///< It publishes the two messages that follow.
    std::optional<SocketStats> socket;          ///< The last one.
    std::optional<ConnectionState> connection;  ///< The last one.
    std::vector<SubscriptionStatistics> subscriptions;
    std::uint64_t published = 0;  ///< Messages, on channels on which nobody else publishes.

    [[nodiscard]] ConnectionStatus state() const noexcept {
        return connection ? connection->state : ConnectionStatus::idle;
    }
};

/// The sum over all subscriptions.
[[nodiscard]] SubscriptionLedger sum_of_messages(const StageView& stage) noexcept;
/// What of it did not reach a callback that succeeded, and will not.
[[nodiscard]] std::uint64_t lost_messages(const SubscriptionLedger& ledger) noexcept;

/// The other side of a connection that is or is being made; else why there is none:
/// "connection_refused, retry in 3 s".
[[nodiscard]] std::string connection_text(const StageView& stage, SystemTime now);

struct RunView {
    SystemTime time{};
    std::vector<StageView> stages;
};

}  // namespace sluice::app
