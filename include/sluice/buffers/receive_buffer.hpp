/// The slab that the kernel writes into, and the cursor in it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sluice/buffers/buffer.hpp"
#include "sluice/buffers/buffer_account.hpp"
#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/core/result.hpp"

namespace sluice {

/// Where an event loop receives: one current slab for all its connections, filled from its front,
/// so that an idle connection holds no memory. What was received is cut off as a Buffer without
/// being copied; the slab returns to the pool when the loop has moved on and all slices are gone.
///
///     current slab:  [ taken by slices | writable() ......................... ]
///                                      ^ cursor
///
/// One thread.
class ReceiveBuffer final {
  public:
    /// A read is offered at least `offer_bytes`; less is left at the end of a slab, unused.
    /// REQUIRES: 0 < offer_bytes <= pool.slab_capacity().
    ReceiveBuffer(BufferPool& pool, std::size_t offer_bytes);
    ~ReceiveBuffer();
    ReceiveBuffer(const ReceiveBuffer&) = delete;
    ReceiveBuffer& operator=(const ReceiveBuffer&) = delete;

    /// The rest of the current slab, at least `offer_bytes`, in a new slab if need be. Errors: as
    /// of BufferPool::acquire.
    [[nodiscard]] Result<std::span<std::byte>> writable();

    /// Cuts off the first `size` bytes of the last writable(), charged to `account`.
    /// REQUIRES: 0 < size <= writable().size().
    [[nodiscard]] Result<Buffer> take(std::size_t size, BufferAccount& account);

    /// Copies them instead into a block of their own size, and leaves the cursor: for small reads,
    /// which would otherwise each keep a slab from everybody. Falls back to `take` when the pool
    /// has no such block.
    [[nodiscard]] Result<Buffer> take_copy(std::size_t size, BufferAccount& account);

    /// Lets the current slab go, if its user has nothing to read for long.
    void release() noexcept;

  private:
    BufferPool& pool_;
    const std::size_t offer_bytes_;
    Buffer slab_;
    std::size_t cursor_ = 0;
    unsigned long sequence_ = 0;           // of the current slab; accounts compare it
    std::vector<detail::Block*> leases_;   // one for each account that has slices of this slab
};

}  // namespace sluice
