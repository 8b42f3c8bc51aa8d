/// What a device sent, cut into its messages: frames, grouped.
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

/// One message of a device, as its framing found it. The data is a slice of the memory into which
/// it was received (or of a block, where escapes had to be undone); whoever keeps it for long
/// copies it out.
struct TcpFrame {
    /// The payload: without what the framing strips. May be empty.
    Buffer data;
    /// Of the receive that made the frame whole: when it returned, wall time,
    SystemTime receive_time{};
    /// the same moment on the clock that never jumps,
    SteadyTime receive_time_steady{};
    /// and when the kernel got its last segment; only if the stage was told to ask.
    std::optional<SystemTime> kernel_time{};
    /// Of the frame's first byte, headers included, in what its connection received.
    std::uint64_t stream_offset = 0;
    /// The frame's length in the stream, headers and all.
    std::uint64_t wire_b = 0;
};
[[nodiscard]] const StructDescription& describe(TypeTag<TcpFrame>);

/// Consecutive frames of one connection, made whole by one receive. Bytes between them that were no
/// frames are missing: the next frame's offset tells.
struct FrameGroup {
    /// Stages publish no more in one group.
    static constexpr std::size_t frames_max = 1024;

    std::uint64_t connection = 0;  ///< Counts the connections of the stage, from 1.
    std::string peer;              ///< The device's address, as `192.0.2.1:7502`.
    std::uint64_t sequence = 0;    ///< Counts the frame groups of the stage, from 0.
    std::vector<TcpFrame> frames;

    /// The payload of all frames, in bytes.
    [[nodiscard]] std::size_t payload_b() const noexcept;
    /// What the frames take of the receive memory, by their lengths on the wire, and the memory
    /// that describes them.
    [[nodiscard]] std::size_t charge_b() const noexcept;
    /// Empties it and keeps its memory for the next group.
    void clear() noexcept;
};
[[nodiscard]] const StructDescription& describe(TypeTag<FrameGroup>);

}  // namespace sluice
