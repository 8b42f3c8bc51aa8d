/// The figures of a connection that a stage publishes once a second, also while disconnected.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/core/describe.hpp"
#include "sluice/core/time.hpp"
#include "sluice/messages/connection_state.hpp"
#include "sluice/messages/framing_stats.hpp"

namespace sluice {

/// Since the start of the stage, like every count here unless something else is said.
struct TransferCounts {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
    std::uint64_t groups = 0;
};
[[nodiscard]] const StructDescription& describe(TypeTag<TransferCounts>);

/// The group that is being filled.
struct OpenGroupCounts {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
};
[[nodiscard]] const StructDescription& describe(TypeTag<OpenGroupCounts>);

/// Ends of connections by their reason.
struct DisconnectCounts {
    std::uint64_t peer_closed = 0;
    std::uint64_t connection_reset = 0;
    std::uint64_t peer_dead = 0;
    std::uint64_t data_timeout = 0;
    std::uint64_t send_stalled = 0;
    std::uint64_t bad_frame = 0;
    std::uint64_t frame_timeout = 0;
    std::uint64_t stopped = 0;
    std::uint64_t other = 0;

    [[nodiscard]] std::uint64_t total() const noexcept;
};
[[nodiscard]] const StructDescription& describe(TypeTag<DisconnectCounts>);

/// What was dropped on its way to the device, by reason.
struct EgressDropCounts {
    std::uint64_t not_connected = 0;
    std::uint64_t buffer_full = 0;
    std::uint64_t too_large = 0;
    std::uint64_t connection_lost = 0;
    std::uint64_t stopped = 0;

    [[nodiscard]] std::uint64_t total() const noexcept;
};
[[nodiscard]] const StructDescription& describe(TypeTag<EgressDropCounts>);

/// Messages to the device. Always: accepted = sent + all dropped + queued.
struct EgressMessageCounts {
    std::uint64_t accepted = 0;  ///< Published on the channel.
    std::uint64_t sent = 0;      ///< The kernel took the last byte.
    std::uint64_t queued = 0;    ///< Now waiting or half sent.
    std::uint64_t queued_bytes = 0;
    std::uint64_t queued_bytes_max = 0;
    EgressDropCounts dropped;
};
[[nodiscard]] const StructDescription& describe(TypeTag<EgressMessageCounts>);

/// The same in bytes, with the same equation.
struct EgressByteCounts {
    std::uint64_t accepted = 0;
    std::uint64_t sent = 0;
    std::uint64_t queued = 0;
    EgressDropCounts dropped;
};
[[nodiscard]] const StructDescription& describe(TypeTag<EgressByteCounts>);

/// Per second, over the time since the message before.
struct SocketRates {
    double received_bytes = 0;
    double received_packets = 0;
    double published_groups = 0;
    double sent_bytes = 0;
    double sent_messages = 0;
};
[[nodiscard]] const StructDescription& describe(TypeTag<SocketRates>);

/// The memory that received data live in, in bytes. Stages on one event loop share a pool.
struct PoolStats {
    std::uint64_t size = 0;    ///< The limit.
    std::uint64_t used = 0;    ///< Now, by all who share it.
    std::uint64_t peak = 0;    ///< The most that was used so far.
    std::uint64_t pinned = 0;  ///< Now, by what this stage received.
    /// Stages whose callbacks keep more than one group.
    std::vector<std::string> holders;
};
[[nodiscard]] const StructDescription& describe(TypeTag<PoolStats>);

/// The kernel's buffers of the present or last connection, in bytes, as the kernel tells them.
struct KernelBufferStats {
    std::uint32_t receive_buffer = 0;
    std::uint32_t transmit_buffer = 0;
};
[[nodiscard]] const StructDescription& describe(TypeTag<KernelBufferStats>);

/// The socket options that are in force.
struct SocketOptionStats {
    bool reuse_address = false;
    bool nodelay = false;
    bool keepalive = false;
    std::uint32_t keepalive_idle_s = 0;
    std::uint32_t keepalive_interval_s = 0;
    std::uint32_t keepalive_probes = 0;
    std::uint32_t user_timeout_ms = 0;
};
[[nodiscard]] const StructDescription& describe(TypeTag<SocketOptionStats>);

/// From the kernel's TCP_INFO, as of the last look; all 0 on a Unix socket.
struct TcpStats {
    std::uint32_t rtt_us = 0;
    std::uint32_t rtt_variance_us = 0;
    std::uint32_t min_rtt_us = 0;
    std::uint32_t retransmits = 0;
    std::uint32_t lost = 0;
    std::uint32_t unacked = 0;
    std::uint32_t congestion_window = 0;
    std::uint32_t send_window = 0;
    std::uint32_t not_sent = 0;
    std::uint64_t delivery_rate = 0;  ///< Bytes per second.
};
[[nodiscard]] const StructDescription& describe(TypeTag<TcpStats>);

/// Always: received = published + open_group, in bytes and packets. The JSON names and their order
/// are a contract.
struct SocketStats {
    std::string stage;
    SystemTime time{};
    ConnectionStatus state = ConnectionStatus::idle;
    std::string peer;
    std::string last_error;  ///< Of the last end or failed attempt; empty if there was none.
    RealtimeStatus realtime = RealtimeStatus::off;  ///< Of the thread that reads.
    std::uint64_t attempts = 0;
    std::uint64_t connects = 0;
    DisconnectCounts disconnects;
    TransferCounts received;
    OpenGroupCounts open_group;
    TransferCounts published;
    std::optional<FramingStats> framing;  ///< Without a value if the stage has no framing.
    EgressMessageCounts egress;
    EgressByteCounts egress_bytes;
    SocketRates rates;
    std::uint64_t largest_packet = 0;
    PoolStats pool;
    KernelBufferStats kernel;
    SocketOptionStats options;
    TcpStats tcp;
};
[[nodiscard]] const StructDescription& describe(TypeTag<SocketStats>);

}  // namespace sluice
