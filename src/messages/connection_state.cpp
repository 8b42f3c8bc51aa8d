#include "sluice/messages/connection_state.hpp"

#include <array>

namespace sluice {

std::span<const std::string_view> enumerators(TypeTag<ConnectionStatus>) noexcept {
    static constexpr std::array<std::string_view, 6> names{"idle", "resolving", "connecting",
                                                           "up",   "waiting",   "stopped"};
    return names;
}

std::span<const std::string_view> enumerators(TypeTag<RealtimeStatus>) noexcept {
    static constexpr std::array<std::string_view, 3> names{"off", "granted", "denied"};
    return names;
}

const StructDescription& describe(TypeTag<ConnectionState>) {
    using Self = ConnectionState;
    static const StructDescription description =
        Describer<Self>("ConnectionState", "Whether a stage is connected, and why not.")
            .field("stage", &Self::stage, "The stage's name.")
            .field("time_ns", &Self::time, "Since the epoch of Unix.")
            .unit("nanoseconds")
            .field("state", &Self::state, "What the connection is doing.")
            .field("reason", &Self::reason, "Of an end or a failed attempt; else empty.")
            .field("message", &Self::message, "The reason, for people.")
            .field("connection", &Self::connection, "Counts the connections, from 1.")
            .field("peer", &Self::peer, "The device's address, while connecting and up.")
            .field("retry_after_ms", &Self::retry_after_ms,
                   "While waiting: until the next attempt.")
            .unit("milliseconds")
            .field("realtime", &Self::realtime,
                   "Whether the reading thread is a real-time thread, if it was to be one.");
    return description;
}

}  // namespace sluice
