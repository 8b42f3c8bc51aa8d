/// Whether a stage is connected, and why not.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sluice/core/describe.hpp"
#include "sluice/core/time.hpp"

namespace sluice {

/// The states of a connection that is made again and again.
enum class ConnectionStatus : std::uint8_t {
    idle,        ///< Not started.
    resolving,   ///< Asking for the addresses of the name.
    connecting,  ///< Waiting for one of them to answer.
    up,
    waiting,  ///< Between two attempts.
    stopped,
};
[[nodiscard]] std::span<const std::string_view> enumerators(TypeTag<ConnectionStatus>) noexcept;

/// Whether a thread that was to be a real-time thread is one.
enum class RealtimeStatus : std::uint8_t {
    off,      ///< Not asked for.
    granted,  ///< SCHED_FIFO, with the priority asked for.
    denied,   ///< The system did not permit it: the ordinary scheduler.
};
[[nodiscard]] std::span<const std::string_view> enumerators(TypeTag<RealtimeStatus>) noexcept;

/// Published on every change, and latched.
struct ConnectionState {
    std::string stage;
    SystemTime time{};
    ConnectionStatus state = ConnectionStatus::idle;
    std::string reason;            ///< Of an end or a failed attempt: a code such as `peer_closed`.
    std::string message;           ///< The same for people.
    std::uint64_t connection = 0;  ///< Counts the connections of the stage, from 1.
    std::string peer;              ///< While connecting and up.
    std::uint32_t retry_after_ms = 0;               ///< In `waiting`: until the next attempt.
    RealtimeStatus realtime = RealtimeStatus::off;  ///< Of the thread that reads.
};
[[nodiscard]] const StructDescription& describe(TypeTag<ConnectionState>);

}  // namespace sluice
