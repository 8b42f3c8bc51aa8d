/// The peers of a server by their id.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "messaging/peer.hpp"
#include "sluice/sync/mutex.hpp"

namespace sluice::messaging {

/// An id names a slot and how often it was used before, so that none is ever used twice. All
/// functions: any thread.
class PeerTable final {
  public:
    /// The id that the next `add` gives. One thread adds.
    [[nodiscard]] PeerId next_id();
    void add(std::shared_ptr<Peer> peer);
    void remove(PeerId id);
    /// Null if it is gone.
    [[nodiscard]] std::shared_ptr<Peer> find(PeerId id) const;
    [[nodiscard]] std::vector<std::shared_ptr<Peer>> all() const;
    [[nodiscard]] std::size_t size() const;

  private:
    struct Slot {
        std::shared_ptr<Peer> peer;
        std::uint32_t generation = 1;
    };

    mutable sync::Mutex mutex_;
    std::vector<Slot> slots_ SLUICE_GUARDED_BY(mutex_);
    std::vector<std::uint32_t> free_ SLUICE_GUARDED_BY(mutex_);
};

}  // namespace sluice::messaging
