/// One receive.
#pragma once

#include <cstdint>
#include <optional>

#include "sluice/buffers/buffer.hpp"
#include "sluice/core/time.hpp"

namespace sluice::net {

/// What one receive of a stream returned: never empty, and not a message, because TCP keeps no
/// borders. The data is a slice of the loop's slab; whoever keeps it for long copies it out.
struct Packet {
    Buffer data;
    SystemTime receive_time{};         ///< When the receive returned, wall time.
    SteadyTime receive_time_steady{};  ///< The same moment on the clock that never jumps.
    /// When the kernel received the last segment of it, wall time: an upper bound for the bytes
    /// before. Absent unless SocketOptions::kernel_receive_time is on, and when the kernel gave
    /// none: on a Unix socket, and for what arrived before the host began to stamp.
    std::optional<SystemTime> kernel_time{};
    std::uint64_t stream_offset = 0;  ///< Of its first byte in what this connection received.
};

}  // namespace sluice::net
