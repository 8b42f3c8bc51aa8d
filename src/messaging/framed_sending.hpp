/// From messages to frames, and into a queue.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/core/time.hpp"
#include "sluice/framing/framer.hpp"
#include "sluice/net/outgoing_message.hpp"
#include "sluice/net/transmit_queue.hpp"

namespace sluice::messaging {

/// A deadline that is over: do not wait.
inline constexpr SteadyTime at_once = SteadyTime::min();

/// Puts the framing around messages. As many threads as the queue behind it allows.
class FramedSending {
  public:
    /// Messages up to `copy_b_max` are copied into the queue, longer ones into a block of `pool`.
    FramedSending(const Framer& framer, BufferPool& pool, std::size_t copy_b_max)
        : framer_(framer), pool_(pool), copy_b_max_(copy_b_max) {}

    /// As MessageSender::send.
    Result<void> send(std::span<const std::byte> message, SteadyTime deadline);
    Result<void> send(std::span<Buffer> fragments, SteadyTime deadline,
                      std::span<const std::byte> head);

  protected:
    ~FramedSending() = default;

  private:
    virtual Result<void> push(const net::OutgoingMessage& message, SteadyTime deadline) = 0;

    /// Without a copy of the whole: only what stands around the body is written.
    Result<void> enclose(FrameBody body, net::OutgoingMessage message, SteadyTime deadline,
                         std::span<const std::byte> head);
    Result<void> escape(FrameBody body, SteadyTime deadline);
    /// Memory of the pool, waited for.
    Result<Buffer> acquire(std::size_t bytes, SteadyTime deadline);

    const Framer& framer_;
    BufferPool& pool_;
    const std::size_t copy_b_max_;
};

/// Into the queue that all threads share.
class SharedSending final : public FramedSending {
  public:
    SharedSending(const Framer& framer, BufferPool& pool, std::size_t copy_b_max,
                  net::TransmitQueue& queue)
        : FramedSending(framer, pool, copy_b_max), queue_(queue) {}

  private:
    Result<void> push(const net::OutgoingMessage& message, SteadyTime deadline) override {
        return deadline == at_once ? queue_.try_push(message) : queue_.push(message, deadline);
    }

    net::TransmitQueue& queue_;
};

/// Longer messages are copied into a block of the pool instead of the lane's arena.
[[nodiscard]] inline std::size_t copy_b_max(const net::LaneOptions& options) noexcept {
    return options.arena_b / 4;
}

/// Into a lane of its own. One thread at a time.
class LaneSending final : public FramedSending {
  public:
    /// `owner` keeps everything else alive.
    LaneSending(std::shared_ptr<void> owner, const Framer& framer, BufferPool& pool,
                net::TransmitQueue& queue, const net::LaneOptions& options)
        : FramedSending(framer, pool, messaging::copy_b_max(options)),
          owner_(std::move(owner)),
          queue_(queue),
          lane_(queue.open_lane(options)) {}
    ~LaneSending() { queue_.close_lane(lane_); }
    LaneSending(const LaneSending&) = delete;
    LaneSending& operator=(const LaneSending&) = delete;

    [[nodiscard]] net::TransmitLane& lane() noexcept { return lane_; }

  private:
    Result<void> push(const net::OutgoingMessage& message, SteadyTime deadline) override;

    const std::shared_ptr<void> owner_;
    net::TransmitQueue& queue_;
    net::TransmitLane& lane_;
};

}  // namespace sluice::messaging
