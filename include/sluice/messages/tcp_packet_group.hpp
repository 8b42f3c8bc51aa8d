/// What a device sent: packets, grouped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/buffers/buffer.hpp"
#include "sluice/core/describe.hpp"
#include "sluice/core/time.hpp"

namespace sluice {

/// What one receive returned: never empty, and not a message, because TCP keeps no borders. The
/// data is a slice of the receive pool's memory; whoever keeps it for long copies it out.
struct TcpPacket {
    Buffer data;
    SystemTime receive_time{};         ///< When the receive returned, wall time.
    SteadyTime receive_time_steady{};  ///< The same moment on the clock that never jumps.
    /// When the kernel got the last segment of it; only if the stage was told to ask.
    std::optional<SystemTime> kernel_time;
    /// Of its first byte in what this connection received.
    std::uint64_t stream_offset = 0;
};
[[nodiscard]] const StructDescription& describe(TypeTag<TcpPacket>);

/// Consecutive packets of one connection.
struct TcpPacketGroup {
    std::uint64_t connection = 0;  ///< Counts the connections of the stage, from 1.
    std::string peer;              ///< The device's address, as `192.0.2.1:7502`.
    std::uint64_t sequence = 0;    ///< Counts the groups of the stage, from 0.
    std::vector<TcpPacket> packets;

    /// The payload of all packets, in bytes.
    [[nodiscard]] std::size_t payload_b() const noexcept;
    /// Payload and the memory that describes it.
    [[nodiscard]] std::size_t charge_b() const noexcept;
    /// Empties it and keeps its memory for the next group.
    void clear() noexcept;
};
[[nodiscard]] const StructDescription& describe(TypeTag<TcpPacketGroup>);

}  // namespace sluice
