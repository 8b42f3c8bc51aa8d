#include "sluice/messages/frame_group.hpp"

namespace sluice {

const StructDescription& describe(TypeTag<TcpFrame>) {
    static const StructDescription description =
        Describer<TcpFrame>("TcpFrame", "One message of a device.")
            .field("receive_time_ns", &TcpFrame::receive_time,
                   "When the receive that made it whole returned, since the epoch of Unix.")
            .unit("nanoseconds")
            .field("receive_time_steady_ns", &TcpFrame::receive_time_steady,
                   "The same moment on a clock that never jumps.")
            .unit("nanoseconds")
            .field("kernel_time_ns", &TcpFrame::kernel_time,
                   "When the kernel got the last segment of that receive, since the epoch of "
                   "Unix; null unless the stage was told to ask.")
            .unit("nanoseconds")
            .field("stream_offset", &TcpFrame::stream_offset,
                   "Of its first byte, headers included, in what its connection received.")
            .unit("bytes")
            .field("wire_b", &TcpFrame::wire_b, "Its length in the stream, headers and all.")
            .unit("bytes")
            .field("data", &TcpFrame::data,
                   "The payload, without what the framing strips; base64 in JSON.");
    return description;
}

std::size_t FrameGroup::payload_b() const noexcept {
    std::size_t bytes = 0;
    for (const TcpFrame& frame : frames) {
        bytes += frame.data.size();
    }
    return bytes;
}

std::size_t FrameGroup::charge_b() const noexcept {
    std::size_t bytes = frames.size() * sizeof(TcpFrame) + sizeof(FrameGroup);
    for (const TcpFrame& frame : frames) {
        bytes += static_cast<std::size_t>(frame.wire_b);
    }
    return bytes;
}

void FrameGroup::clear() noexcept {
    connection = 0;
    peer.clear();
    sequence = 0;
    frames.clear();
}

const StructDescription& describe(TypeTag<FrameGroup>) {
    static const StructDescription description =
        Describer<FrameGroup>("FrameGroup",
                              "Consecutive frames of one connection, made whole by one receive.")
            .field("connection", &FrameGroup::connection,
                   "Counts the connections of the stage, from 1.")
            .field("peer", &FrameGroup::peer, "The device's address.")
            .field("sequence", &FrameGroup::sequence,
                   "Counts the frame groups of the stage, from 0.")
            .field("frames", &FrameGroup::frames, "In the order of the stream.");
    return description;
}

}  // namespace sluice
