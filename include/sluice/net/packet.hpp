/// One receive.
#pragma once

#include <cstdint>

#include "sluice/buffers/buffer.hpp"
#include "sluice/core/time.hpp"

namespace sluice::net {

/// What one receive of a stream returned: never empty, and not a message, because TCP keeps no
/// borders. The data is a slice of the loop's slab; whoever keeps it for long copies it out.
struct Packet {
    Buffer data;
    SystemTime receive_time{};         ///< When the receive returned, wall time.
    SteadyTime receive_time_steady{};  ///< The same moment on the clock that never jumps.
    std::uint64_t stream_offset = 0;   ///< Of its first byte in what this connection received.
};

}  // namespace sluice::net
