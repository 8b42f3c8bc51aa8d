#include "sluice/messages/socket_stats.hpp"

namespace sluice {

const StructDescription& describe(TypeTag<TransferCounts>) {
    using Self = TransferCounts;
    static const StructDescription description =
        Describer<Self>("TransferCounts", "Since the start of the stage.")
            .field("bytes", &Self::bytes, "Payload.")
            .field("packets", &Self::packets, "Returns of a receive.")
            .field("groups", &Self::groups, "Packet groups begun or published.");
    return description;
}

const StructDescription& describe(TypeTag<OpenGroupCounts>) {
    using Self = OpenGroupCounts;
    static const StructDescription description =
        Describer<Self>("OpenGroupCounts", "The group that is being filled.")
            .field("bytes", &Self::bytes, "Payload.")
            .field("packets", &Self::packets, "Packets in it.");
    return description;
}

const StructDescription& describe(TypeTag<DisconnectCounts>) {
    using Self = DisconnectCounts;
    static const StructDescription description =
        Describer<Self>("DisconnectCounts", "Ends of connections by their reason.")
            .field("peer_closed", &Self::peer_closed, "The device ended its side.")
            .field("connection_reset", &Self::connection_reset, "Torn down by the other side.")
            .field("peer_dead", &Self::peer_dead, "The device no longer acknowledged.")
            .field("data_timeout", &Self::data_timeout, "It sent nothing for too long.")
            .field("send_stalled", &Self::send_stalled, "It read nothing for too long.")
            .field("bad_frame", &Self::bad_frame, "It sent what is no frame.")
            .field("frame_timeout", &Self::frame_timeout, "A frame took too long to come.")
            .field("stopped", &Self::stopped, "The stage was stopped.")
            .field("other", &Self::other, "Anything else.");
    return description;
}

const StructDescription& describe(TypeTag<EgressDropCounts>) {
    using Self = EgressDropCounts;
    static const StructDescription description =
        Describer<Self>("EgressDropCounts", "Not sent, by reason.")
            .field("not_connected", &Self::not_connected, "There was no connection.")
            .field("buffer_full", &Self::buffer_full, "No room in the egress buffer.")
            .field("too_large", &Self::too_large, "Larger than the egress buffer.")
            .field("connection_lost", &Self::connection_lost, "Queued when it ended.")
            .field("stopped", &Self::stopped, "Queued when the stage stopped.");
    return description;
}

const StructDescription& describe(TypeTag<EgressMessageCounts>) {
    using Self = EgressMessageCounts;
    static const StructDescription description =
        Describer<Self>("EgressMessageCounts", "Messages to the device.")
            .field("accepted", &Self::accepted, "Published on the channel.")
            .field("sent", &Self::sent, "The kernel took the last byte.")
            .field("queued", &Self::queued, "Now waiting or half sent.")
            .field("queued_bytes", &Self::queued_bytes, "Now.")
            .field("queued_bytes_max", &Self::queued_bytes_max, "The most so far.")
            .field("dropped", &Self::dropped, "Not sent.");
    return description;
}

const StructDescription& describe(TypeTag<EgressByteCounts>) {
    using Self = EgressByteCounts;
    static const StructDescription description =
        Describer<Self>("EgressByteCounts", "Bytes to the device.")
            .field("accepted", &Self::accepted, "Published on the channel.")
            .field("sent", &Self::sent, "Of messages that the kernel took whole.")
            .field("queued", &Self::queued, "Now.")
            .field("dropped", &Self::dropped, "Not sent.");
    return description;
}

const StructDescription& describe(TypeTag<SocketRates>) {
    using Self = SocketRates;
    static const StructDescription description =
        Describer<Self>("SocketRates", "Per second, since the message before.")
            .field("received_bytes", &Self::received_bytes, "Payload.")
            .field("received_packets", &Self::received_packets, "Returns of a receive.")
            .field("published_groups", &Self::published_groups, "Packet groups.")
            .field("sent_bytes", &Self::sent_bytes, "To the device.")
            .field("sent_messages", &Self::sent_messages, "To the device.");
    return description;
}

const StructDescription& describe(TypeTag<PoolStats>) {
    using Self = PoolStats;
    static const StructDescription description =
        Describer<Self>("PoolStats", "The memory of received data, in bytes.")
            .field("size", &Self::size, "The limit.")
            .field("used", &Self::used, "Now, by all who share it.")
            .field("peak", &Self::peak, "The most so far.")
            .field("pinned", &Self::pinned, "Now, by what this stage received.")
            .field("holders", &Self::holders, "Stages whose callbacks keep more than one group.");
    return description;
}

const StructDescription& describe(TypeTag<KernelBufferStats>) {
    using Self = KernelBufferStats;
    static const StructDescription description =
        Describer<Self>("KernelBufferStats", "In bytes, as the kernel tells them.")
            .field("receive_buffer", &Self::receive_buffer, "SO_RCVBUF.")
            .field("transmit_buffer", &Self::transmit_buffer, "SO_SNDBUF.");
    return description;
}

const StructDescription& describe(TypeTag<SocketOptionStats>) {
    using Self = SocketOptionStats;
    static const StructDescription description =
        Describer<Self>("SocketOptionStats", "The socket options in force.")
            .field("reuse_address", &Self::reuse_address, "SO_REUSEADDR.")
            .field("nodelay", &Self::nodelay, "TCP_NODELAY.")
            .field("keepalive", &Self::keepalive, "SO_KEEPALIVE.")
            .field("keepalive_idle_s", &Self::keepalive_idle_s, "TCP_KEEPIDLE.")
            .field("keepalive_interval_s", &Self::keepalive_interval_s, "TCP_KEEPINTVL.")
            .field("keepalive_probes", &Self::keepalive_probes, "TCP_KEEPCNT.")
            .field("user_timeout_ms", &Self::user_timeout_ms, "TCP_USER_TIMEOUT.");
    return description;
}

const StructDescription& describe(TypeTag<TcpStats>) {
    using Self = TcpStats;
    static const StructDescription description =
        Describer<Self>("TcpStats", "From TCP_INFO, as of the last look.")
            .field("rtt_us", &Self::rtt_us, "Smoothed round-trip time.")
            .field("rtt_variance_us", &Self::rtt_variance_us, "Its variation.")
            .field("min_rtt_us", &Self::min_rtt_us, "The shortest.")
            .field("retransmits", &Self::retransmits, "Segments sent again, in all.")
            .field("lost", &Self::lost, "Segments held to be lost now.")
            .field("unacked", &Self::unacked, "Segments on their way.")
            .field("congestion_window", &Self::congestion_window, "Segments.")
            .field("send_window", &Self::send_window, "What the device offers, bytes.")
            .field("not_sent", &Self::not_sent, "Waiting in the kernel, bytes.")
            .field("delivery_rate", &Self::delivery_rate, "Bytes per second.");
    return description;
}

std::uint64_t DisconnectCounts::total() const noexcept {
    return peer_closed + connection_reset + peer_dead + data_timeout + send_stalled + bad_frame +
           frame_timeout + stopped + other;
}

std::uint64_t EgressDropCounts::total() const noexcept {
    return not_connected + buffer_full + too_large + connection_lost + stopped;
}

const StructDescription& describe(TypeTag<SocketStats>) {
    using Self = SocketStats;
    static const StructDescription description =
        Describer<Self>("SocketStats", "The figures of a connection, once a second.")
            .field("stage", &Self::stage, "The stage's name.")
            .field("time_ns", &Self::time, "Since the epoch of Unix.")
            .unit("nanoseconds")
            .field("state", &Self::state, "What the connection is doing.")
            .field("peer", &Self::peer, "The device's address, while connecting and up.")
            .field("last_error", &Self::last_error, "Of the last end or failed attempt.")
            .field("realtime", &Self::realtime, "Of the thread that reads.")
            .field("attempts", &Self::attempts, "To connect, successful or not.")
            .field("connects", &Self::connects, "Successful attempts.")
            .field("disconnects", &Self::disconnects, "Ends of connections by reason.")
            .field("received", &Self::received, "From the device.")
            .field("open_group", &Self::open_group, "Received, not yet published.")
            .field("published", &Self::published, "On packet_group.")
            .field("framing", &Self::framing, "On frames; null if the stage has no framing.")
            .field("egress", &Self::egress, "Messages to the device.")
            .field("egress_bytes", &Self::egress_bytes, "The same in bytes.")
            .field("rates", &Self::rates, "Per second, since the message before.")
            .field("largest_packet", &Self::largest_packet, "Received so far.")
            .unit("bytes")
            .field("pool", &Self::pool, "The memory of received data.")
            .field("kernel", &Self::kernel, "The kernel's buffers.")
            .field("options", &Self::options, "The socket options in force.")
            .field("tcp", &Self::tcp, "From TCP_INFO.");
    return description;
}

}  // namespace sluice
