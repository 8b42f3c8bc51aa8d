#include "messaging/peer_table.hpp"

#include <utility>

namespace sluice::messaging {

PeerId PeerTable::next_id() {
    const sync::MutexLock lock(mutex_);
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    return PeerId{slots_[free_.back()].generation} << 32U | free_.back();
}

void PeerTable::add(std::shared_ptr<Peer> peer) {
    const sync::MutexLock lock(mutex_);
    slots_[free_.back()].peer = std::move(peer);
    free_.pop_back();
}

void PeerTable::remove(PeerId id) {
    std::shared_ptr<Peer> gone;  // destroyed outside the lock
    const sync::MutexLock lock(mutex_);
    const auto index = static_cast<std::uint32_t>(id);
    gone = std::exchange(slots_[index].peer, nullptr);
    ++slots_[index].generation;
    free_.push_back(index);
}

std::shared_ptr<Peer> PeerTable::find(PeerId id) const {
    const sync::MutexLock lock(mutex_);
    const auto index = static_cast<std::uint32_t>(id);
    const bool is_here = index < slots_.size() && slots_[index].generation == id >> 32U;
    return is_here ? slots_[index].peer : nullptr;
}

std::vector<std::shared_ptr<Peer>> PeerTable::all() const {
    std::vector<std::shared_ptr<Peer>> peers;
    const sync::MutexLock lock(mutex_);
    for (const Slot& slot : slots_) {
        if (slot.peer) {
            peers.push_back(slot.peer);
        }
    }
    return peers;
}

std::size_t PeerTable::size() const {
    const sync::MutexLock lock(mutex_);
    return slots_.size() - free_.size();
}

}  // namespace sluice::messaging
