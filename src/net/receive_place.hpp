/// Where one connection's next bytes are received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "net/event_loop_state.hpp"
#include "sluice/buffers/receive_block.hpp"
#include "sluice/net/packet.hpp"

namespace sluice::net {

/// Finds memory as a ReceiveWish asks for it: behind the tail of what was received before, in the
/// loop's slab or in a block of its own, moving that tail only where it must. The loop's thread.
class ReceivePlace {
  public:
    ReceivePlace(EventLoop::State& loop, BufferAccount& account) : loop_(loop), account_(account) {}

    /// Memory to receive into. Errors: as of BufferPool::acquire; after `would_block`, `wanted_b`
    /// bytes were not there.
    [[nodiscard]] Result<std::span<std::byte>> find(const ReceiveWish& wish);
    /// Whether the wish is for the rest of a large message that has begun: the share does not stop
    /// that, because what is held already comes back only when it is whole.
    [[nodiscard]] bool is_under_way(const ReceiveWish& wish) const;

    /// What was received into the memory found, behind the tail, which `carried_b` bytes of it are.
    [[nodiscard]] Buffer take(std::size_t bytes);
    /// Lets go, after a packet, of a block that is done with, and of a slab of which only a short
    /// tail waits. `wish` is the next one.
    void park(const ReceiveWish& wish);
    /// Whether `park` may have something to do.
    [[nodiscard]] bool may_park() noexcept { return loop_.streams > 1 || has_block(); }
    void release() noexcept { block_.release(); }

    [[nodiscard]] std::size_t carried_b() const noexcept { return carried_b_; }
    [[nodiscard]] std::size_t wanted_b() const noexcept { return wanted_b_; }
    /// Bytes of tails that were copied so far.
    [[nodiscard]] std::uint64_t moved_bytes() const noexcept { return moved_bytes_; }

  private:
    Result<std::span<std::byte>> behind(Buffer& tail, const ReceiveWish& wish);
    Result<std::span<std::byte>> in_block(Buffer& tail, const ReceiveWish& wish);
    Result<ReceiveBlock> open_block(Buffer& tail, const ReceiveWish& wish);
    /// The part of a slab's rest that ends with a message, if they go on to be as long as the last.
    [[nodiscard]] std::span<std::byte> end_with_message(std::span<std::byte> room,
                                                        const ReceiveWish& wish);
    /// Whether it is for a message that has no place in a slab.
    [[nodiscard]] bool is_large(const ReceiveWish& wish) const noexcept {
        return wish.need_b > loop_.receive_buffer.carry_b_max();
    }
    [[nodiscard]] bool has_block() noexcept { return !block_.writable().empty(); }

    EventLoop::State& loop_;
    BufferAccount& account_;
    ReceiveBlock block_;         // of the large message that is being received
    std::size_t carried_b_ = 0;  // of the wish's tail, in front of what is received next
    std::size_t wanted_b_ = 0;
    std::uint64_t moved_bytes_ = 0;
    std::size_t usual_message_b_ = 0;  // the last long one's size; 0 = none yet
};

}  // namespace sluice::net
