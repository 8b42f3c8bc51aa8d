/// The other end of a TransmitLane: where what it carries is sent.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "net/releases.hpp"
#include "sluice/net/transmit_lane.hpp"
#include "sluice/net/transmit_queue.hpp"

namespace sluice::net {

/// Reads a lane in the order in which it was written. Everything is called under the lock of the
/// TransmitQueue, by whoever sends.
class LaneReader {
  public:
    explicit LaneReader(std::unique_ptr<TransmitLane> lane) noexcept : lane_(std::move(lane)) {}

    [[nodiscard]] TransmitLane& lane() noexcept { return *lane_; }

    /// Points `pieces` at what is next, up to `bytes_max`; adds the bytes to `bytes`. Returns how
    /// many pieces it used.
    [[nodiscard]] std::size_t gather(std::span<iovec> pieces, std::size_t bytes_max,
                                     std::size_t& bytes);
    /// Whether something that was gathered is not removed yet.
    [[nodiscard]] bool has_gathered() const noexcept { return gathered_b_ > 0; }

    /// Removes up to `bytes` of what was gathered, fewer when `releases` is full, and returns how
    /// many. Messages whose last byte is gone are counted in `sent`.
    std::size_t take_sent(std::size_t bytes, Releases& releases, EgressLedger::Count& sent);
    /// Drops the first message, or as much of it as `releases` has room for. REQUIRES: has_work().
    void drop_front(Releases& releases, EgressLedger::Count& dropped);

    [[nodiscard]] bool has_work() const noexcept { return committed() != stream_head_; }
    [[nodiscard]] bool is_half_sent() const noexcept { return message_gone_ > 0; }
    /// What is left of the message that is half sent. REQUIRES: is_half_sent().
    [[nodiscard]] std::size_t rest_b() const noexcept;
    /// Nobody will push any more.
    void close() noexcept { is_closed_ = true; }
    /// Nor is there anything left.
    [[nodiscard]] bool is_finished() const noexcept { return is_closed_ && !has_work(); }

    /// One look at both, so that they agree while the producer goes on.
    struct Look {
        EgressLedger::Count accepted;
        EgressLedger::Count queued;
    };
    [[nodiscard]] Look look() const noexcept;
    [[nodiscard]] std::uint64_t refused() const noexcept {
        return lane_->refused_.load(std::memory_order_relaxed);
    }

    void set(std::uint8_t attention) noexcept { lane_->attention_.fetch_or(attention); }
    void clear(std::uint8_t attention) noexcept { lane_->clear(attention); }
    [[nodiscard]] std::uint8_t attention() const noexcept { return lane_->attention(); }
    /// Lets a producer that waits look again, if at least half of the lane is free: woken for each
    /// piece of room, it would fill that and wait again.
    void wake_producer() noexcept {
        if (has_much_room()) {
            lane_->room_.unpark_all();
        }
    }

  private:
    [[nodiscard]] std::uint64_t committed() const noexcept {
        return lane_->committed_.load(std::memory_order_acquire);
    }
    [[nodiscard]] bool has_much_room() const noexcept;
    std::size_t discard(std::size_t bytes, Releases& releases);
    /// The next message is gone: its size.
    std::size_t pop_message() noexcept;
    void publish_heads() noexcept;

    std::unique_ptr<TransmitLane> lane_;
    std::uint64_t stream_head_ = 0;
    std::uint64_t arena_head_ = 0;
    std::uint64_t messages_head_ = 0;
    std::uint64_t references_head_ = 0;
    std::uint64_t referenced_head_b_ = 0;
    std::size_t gathered_b_ = 0;
    std::size_t message_gone_ = 0;  // of the first message
    bool is_closed_ = false;
};

}  // namespace sluice::net
