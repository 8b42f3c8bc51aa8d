/// Packets become groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "sluice/core/time.hpp"
#include "sluice/messages/socket_stats.hpp"
#include "sluice/messages/tcp_packet_group.hpp"
#include "sluice/net/packet.hpp"
#include "sluice/pipeline/publisher.hpp"

namespace sluice {

/// Gathers packets and publishes them in groups, and keeps the books: at every moment, received =
/// published + open. One thread. Allocates nothing once the channel's messages have been used.
class PacketGrouper final {
  public:
    struct Limits {
        std::size_t packets = 1;    ///< Of a group.
        std::size_t payload_b = 0;  ///< At which a group is full whatever its packets.
        Duration timeout{};         ///< From a group's first packet on; 0 = off.
    };

    PacketGrouper(const Publisher<TcpPacketGroup>& groups, const Limits& limits)
        : groups_(groups), limits_(limits) {}

    /// What comes from now on belongs to this connection. REQUIRES: no group is open.
    void begin_connection(std::uint64_t connection, std::string peer);
    void add(net::Packet&& packet);

    [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(group_); }
    [[nodiscard]] bool is_full() const noexcept {
        return open_.packets >= limits_.packets || open_.bytes >= limits_.payload_b;
    }
    /// When the open group has waited long enough; `never` without one or without a timeout.
    [[nodiscard]] SteadyTime deadline() const noexcept { return deadline_; }

    /// Publishes the open group, if there is one, whether there is credit or not.
    void publish();

    [[nodiscard]] const TransferCounts& received() const noexcept { return received_; }
    [[nodiscard]] const TransferCounts& published() const noexcept { return published_; }
    [[nodiscard]] const OpenGroupCounts& open_group() const noexcept { return open_; }

  private:
    void begin_group(SteadyTime now);

    Publisher<TcpPacketGroup> groups_;
    const Limits limits_;
    Draft<TcpPacketGroup> group_;
    SteadyTime deadline_ = never;
    std::uint64_t connection_ = 0;
    std::string peer_;
    TransferCounts received_;  // its groups are those begun
    TransferCounts published_;
    OpenGroupCounts open_;
};

}  // namespace sluice
