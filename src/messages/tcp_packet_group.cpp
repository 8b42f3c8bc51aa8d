#include "sluice/messages/tcp_packet_group.hpp"

namespace sluice {

const StructDescription& describe(TypeTag<TcpPacket>) {
    static const StructDescription description =
        Describer<TcpPacket>("TcpPacket", "What one receive returned.")
            .field("receive_time_ns", &TcpPacket::receive_time,
                   "When the receive returned, since the epoch of Unix.")
            .unit("nanoseconds")
            .field("receive_time_steady_ns", &TcpPacket::receive_time_steady,
                   "The same moment on a clock that never jumps.")
            .unit("nanoseconds")
            .field(
                "kernel_time_ns", &TcpPacket::kernel_time,
                "When the kernel got the last segment of it, since the epoch of Unix; null unless "
                "the stage was told to ask.")
            .unit("nanoseconds")
            .field("stream_offset", &TcpPacket::stream_offset,
                   "Of its first byte in what this connection received.")
            .unit("bytes")
            .field("data", &TcpPacket::data, "The bytes; base64 in JSON.");
    return description;
}

std::size_t TcpPacketGroup::payload_b() const noexcept {
    std::size_t bytes = 0;
    for (const TcpPacket& packet : packets) {
        bytes += packet.data.size();
    }
    return bytes;
}

std::size_t TcpPacketGroup::charge_b() const noexcept {
    return payload_b() + packets.size() * sizeof(TcpPacket) + sizeof(TcpPacketGroup);
}

void TcpPacketGroup::clear() noexcept {
    connection = 0;
    peer.clear();
    sequence = 0;
    packets.clear();
}

const StructDescription& describe(TypeTag<TcpPacketGroup>) {
    static const StructDescription description =
        Describer<TcpPacketGroup>("TcpPacketGroup", "Consecutive packets of one connection.")
            .field("connection", &TcpPacketGroup::connection,
                   "Counts the connections of the stage, from 1.")
            .field("peer", &TcpPacketGroup::peer, "The device's address.")
            .field("sequence", &TcpPacketGroup::sequence, "Counts the groups of the stage, from 0.")
            .field("packets", &TcpPacketGroup::packets, "In the order of their arrival.");
    return description;
}

}  // namespace sluice
