/// The lanes of a TransmitQueue.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "net/lane_reader.hpp"

namespace sluice::net {

/// Takes turns between lanes, at the borders of messages. Everything is called under the lock of
/// the TransmitQueue.
class LaneSet {
  public:
    [[nodiscard]] TransmitLane& open(const LaneOptions& options,
                                     std::function<void(TransmitLane&)> on_attention,
                                     std::uint8_t attention);
    void close(TransmitLane& lane) noexcept;

    /// The loop sends what there is: producers that wrote something need not wake it.
    void note_awake() noexcept;
    [[nodiscard]] std::size_t gather(std::span<iovec> pieces, std::size_t bytes_max);
    /// Removes up to `bytes` of what was gathered, fewer when `releases` is full, and returns how
    /// many.
    std::size_t take_sent(std::size_t bytes, Releases& releases);

    /// Drops from all lanes until `releases` is full; whether there is more to drop.
    bool drop(Releases& releases, EgressLedger::Count& dropped);
    /// Drops what is left of the message that is half sent; whether there is more of it.
    bool drop_half_sent(Releases& releases, EgressLedger::Count& dropped);

    /// Asks every producer to wake the loop with its next message; false if there is one already.
    [[nodiscard]] bool rest();
    /// Sets or clears what the producers must know. Whoever wrote a message before `set` returned
    /// and does not know it yet is seen afterwards.
    void set(std::uint8_t attention) noexcept;
    void clear(std::uint8_t attention) noexcept;
    void wake_producers() noexcept;

    [[nodiscard]] bool has_work() const noexcept;
    [[nodiscard]] bool is_half_sent() const noexcept {
        return !readers_.empty() && readers_[current_].is_half_sent();
    }
    /// What is left of that message. REQUIRES: is_half_sent().
    [[nodiscard]] std::size_t rest_b() const noexcept { return readers_[current_].rest_b(); }
    /// Adds what the lanes accepted, sent, refused and hold.
    void add_to(EgressLedger& ledger) const noexcept;

  private:
    /// Removes lanes that are closed and empty, and keeps their sums.
    void remove_finished();
    /// Besides the one whose turn it is.
    [[nodiscard]] bool have_others_work() const noexcept;

    std::vector<LaneReader> readers_;
    std::size_t current_ = 0;  // whose turn it is; the half sent message is its
    EgressLedger::Count sent_;
    EgressLedger::Count accepted_;  // by lanes that are gone
    std::uint64_t refused_ = 0;     // likewise
};

}  // namespace sluice::net
