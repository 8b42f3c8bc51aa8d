/// What a link counts, in the words of SocketStats.
#pragma once

#include "sluice/core/time.hpp"
#include "sluice/messages/connection_state.hpp"
#include "sluice/messages/socket_stats.hpp"
#include "sluice/net/link.hpp"

namespace sluice {

[[nodiscard]] ConnectionStatus connection_status(net::LinkState state) noexcept;

/// Fills in everything that the link knows; `pool.pinned` too, but not the rest of the pool.
void fill_link_part(SocketStats& stats, const net::LinkStatistics& look);

/// Turns counts into rates over the time since the message before.
class RateMeter {
  public:
    explicit RateMeter(SteadyTime begin) : time_(begin) {}
    /// From the counts of `stats`, which must be filled in.
    [[nodiscard]] SocketRates measure(const SocketStats& stats, SteadyTime now);

  private:
    SteadyTime time_;
    TransferCounts received_;
    std::uint64_t published_groups_ = 0;
    std::uint64_t sent_bytes_ = 0;
    std::uint64_t sent_messages_ = 0;
};

}  // namespace sluice
