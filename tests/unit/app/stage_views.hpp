/// Views of stages for tests of what is shown of them.
#pragma once

#include <chrono>
#include <string>

#include "app/stage_view.hpp"

namespace sluice::app {

inline constexpr SystemTime view_time{std::chrono::seconds(1'000'000)};

/// A connection that is up and has a balanced ledger.
inline StageView connected_stage(const std::string& name) {
    StageView stage;
    stage.name = name;
    stage.has_connection = true;
    stage.socket.emplace();
    SocketStats& stats = *stage.socket;
    stats.attempts = 3;
    stats.connects = 1;
    stats.received = {.bytes = 1'200'000'007, .packets = 4'080, .groups = 256};
    stats.published = {.bytes = 1'200'000'000, .packets = 4'070, .groups = 255};
    stats.open_group = {.bytes = 7, .packets = 10};
    stats.rates = {.received_bytes = 4.9e6,
                   .received_packets = 4070,
                   .published_groups = 254.4,
                   .sent_bytes = 120,
                   .sent_messages = 1};
    stats.pool.size = 16 * 1024 * 1024;
    stats.pool.used = 512 * 1024;
    stage.connection.emplace();
    stage.connection->state = ConnectionStatus::up;
    stage.connection->peer = "192.168.1.201:7502";
    return stage;
}

/// A connection that will be tried again in 2.5 s.
inline StageView waiting_stage(const std::string& name) {
    StageView stage;
    stage.name = name;
    stage.has_connection = true;
    stage.connection.emplace();
    stage.connection->state = ConnectionStatus::waiting;
    stage.connection->reason = "connection_refused";
    stage.connection->time = view_time - std::chrono::milliseconds(500);
    stage.connection->retry_after_ms = 3000;
    return stage;
}

/// A stage with one subscription.
inline StageView subscribed_stage(const std::string& name, const SubscriptionLedger& messages) {
    StageView stage;
    stage.name = name;
    SubscriptionStatistics subscription;
    subscription.channel = "/lidar/packet_group";
    subscription.messages = messages;
    stage.subscriptions.push_back(subscription);
    return stage;
}

}  // namespace sluice::app
