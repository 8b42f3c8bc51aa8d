/// A block of its own for something that is too large to be received into a slab.
#pragma once

#include <cstddef>
#include <span>

#include "sluice/buffers/buffer.hpp"
#include "sluice/buffers/buffer_account.hpp"
#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/core/result.hpp"

namespace sluice {

/// Where one large frame is received: its bytes go straight to their place, whatever else its loop
/// receives meanwhile. The memory is the pool's from the start; its pages are touched only as bytes
/// arrive. One thread.
///
///     block:  [ carried | taken by slices | writable() ......... ]
class ReceiveBlock final {
  public:
    /// Holds nothing.
    ReceiveBlock() = default;

    /// A block of `size_b`, charged to `account`, with a copy of `tail` at its front, which `tail`
    /// becomes a share of. Errors: as of BufferPool::acquire, and then `tail` is left alone.
    /// REQUIRES: tail.size() < size_b; `account` is open in the same pool.
    [[nodiscard]] static Result<ReceiveBlock> open(BufferPool& pool, std::size_t size_b,
                                                   Buffer& tail, BufferAccount& account);

    /// Offers all of the block that the pool had to give, which may be up to twice `size_b`.
    /// REQUIRES: is open.
    void use_whole() noexcept;

    /// Whether what is received next stands behind `tail`, and `need_b` bytes, the tail's included,
    /// have room in one piece.
    [[nodiscard]] bool continues(const Buffer& tail, std::size_t need_b) const noexcept;

    /// The rest of the block; empty when it is full.
    [[nodiscard]] std::span<std::byte> writable() noexcept;

    /// The next `size` bytes and the `carried_b` in front of them.
    /// REQUIRES: 0 < size <= writable().size(); carried_b bytes were filled before.
    [[nodiscard]] Buffer take(std::size_t size, std::size_t carried_b);

    /// Lets the block go; its slices remain.
    void release() noexcept;

  private:
    Buffer block_;
    std::size_t filled_ = 0;
};

}  // namespace sluice
