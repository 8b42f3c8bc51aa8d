/// One receive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sluice/buffers/buffer.hpp"
#include "sluice/core/time.hpp"

namespace sluice::net {

/// What one receive of a stream returned: never empty, and not a message, because TCP keeps no
/// borders. The data is a slice of the loop's slab; whoever keeps it for long copies it out.
struct Packet {
    Buffer data;
    /// So many bytes at the front of `data` are the tail of a ReceiveWish again, not received now.
    std::size_t carried_b = 0;
    SystemTime receive_time{};         ///< When the receive returned, wall time.
    SteadyTime receive_time_steady{};  ///< The same moment on the clock that never jumps.
    /// When the kernel received the last segment of it, wall time: an upper bound for the bytes
    /// before. Absent unless SocketOptions::kernel_receive_time is on, and when the kernel gave
    /// none: on a Unix socket, and for what arrived before the host began to stamp.
    std::optional<SystemTime> kernel_time{};
    /// Of its first byte, behind those carried, in what this connection received.
    std::uint64_t stream_offset = 0;
};

/// What whoever cuts a stream into messages needs of the next receive, so that a message stands in
/// one piece of memory.
struct ReceiveWish {
    /// Bytes received before, the begin of a message: what is received next stands directly behind
    /// them. It may be replaced by an equal copy elsewhere. Null or empty: none.
    Buffer* tail = nullptr;
    /// So many bytes, the tail's included, are needed in one piece before there is anything to do:
    /// the message's length, if that is known. More than half a slab get a block of their own.
    std::size_t need_b = 0;
    /// Whether need_b is all that will be needed. Otherwise a block of its own is made larger, so
    /// that a message whose end is unknown is not copied each time it grows; the pool then needs
    /// room for the one that is full and the next, of up to four times the message.
    bool is_final = true;
    /// Receive no more than this; 0 = as much as there is room for. For a header that is followed
    /// by a large body, which is then received into its place.
    std::size_t limit_b = 0;
};

}  // namespace sluice::net
