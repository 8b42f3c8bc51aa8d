#include "stages/packet_grouper.hpp"

#include <utility>

#include "sluice/core/check.hpp"

namespace sluice {

void PacketGrouper::begin_connection(std::uint64_t connection, std::string peer) {
    SLUICE_CHECK(!is_open(), "a group never mixes two connections");
    connection_ = connection;
    peer_ = std::move(peer);
}

void PacketGrouper::add(net::Packet&& packet) {
    if (!is_open()) {
        begin_group(packet.receive_time_steady);
    }
    const std::size_t bytes = packet.data.size();
    received_.bytes += bytes;
    ++received_.packets;
    open_.bytes += bytes;
    ++open_.packets;
    group_->packets.push_back({.data = std::move(packet.data),
                               .receive_time = packet.receive_time,
                               .receive_time_steady = packet.receive_time_steady,
                               .kernel_time = packet.kernel_time,
                               .stream_offset = packet.stream_offset});
}

void PacketGrouper::begin_group(SteadyTime now) {
    group_ = groups_.draft();
    group_->connection = connection_;
    group_->peer = peer_;
    group_->sequence = received_.groups++;
    deadline_ = limits_.timeout > Duration::zero() ? now + limits_.timeout : never;
}

void PacketGrouper::publish() {
    if (!is_open()) {
        return;
    }
    published_.bytes += open_.bytes;
    published_.packets += open_.packets;
    ++published_.groups;
    open_ = {};
    deadline_ = never;
    static_cast<void>(groups_.publish(std::exchange(group_, {}), WithoutCredit::overdraw));
}

}  // namespace sluice
