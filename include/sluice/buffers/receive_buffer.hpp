/// The slab that the kernel writes into, and the cursor in it.
#pragma once

#include <cstddef>
#include <span>

#include "sluice/buffers/buffer.hpp"
#include "sluice/buffers/buffer_account.hpp"
#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/core/result.hpp"

namespace sluice {

/// Where an event loop receives: one current slab for all its connections, filled from its front,
/// so that an idle connection holds no memory. What was received is cut off as a Buffer without
/// being copied; the slab returns to the pool when the loop has moved on and all slices are gone.
/// While nobody holds a slice of it, filling starts again at its front, which is in the cache.
///
///     current slab:  [ taken by slices | writable() ......................... ]
///                                      ^ cursor
///
/// It goes `writable`, receive, `take` or `take_copy`; what `take` may need is set aside before, so
/// that bytes which are already received find a place whatever the state of the pool. Between the
/// calls it keeps a block of 128 B besides the slab for this. One thread.
class ReceiveBuffer final {
  public:
    /// A read is offered at least `offer_bytes`; less is left at the end of a slab, unused.
    /// REQUIRES: 0 < offer_bytes <= pool.slab_capacity().
    ReceiveBuffer(BufferPool& pool, std::size_t offer_bytes);
    ~ReceiveBuffer();
    ReceiveBuffer(const ReceiveBuffer&) = delete;
    ReceiveBuffer& operator=(const ReceiveBuffer&) = delete;

    /// The rest of the current slab, at least `offer_bytes`, in a new slab if need be, to receive
    /// for `account`. Does not ask the account's limit. Errors: as of BufferPool::acquire; after
    /// `would_block`, wait for `slab_capacity()`. REQUIRES: `account` is open in the same pool.
    [[nodiscard]] Result<std::span<std::byte>> writable(const BufferAccount& account);

    /// The same behind `tail`, received before and to be continued: what is received next stands
    /// directly behind it, and `need_b` bytes, the tail's included, have room in one piece. Where
    /// it stands elsewhere, or too near to the end of its slab, it is copied and becomes a slice of
    /// the copy, charged to `account`, perhaps also before an error. Offers at least a quarter of a
    /// slab or `offer_bytes`, but less where that completes the `need_b` without copying a long
    /// tail.
    /// REQUIRES: tail.size() < need_b <= carry_b_max(); for an empty tail, as of the other.
    [[nodiscard]] Result<std::span<std::byte>> writable(BufferAccount& account, Buffer& tail,
                                                        std::size_t need_b);
    /// Whether that leaves `tail` where it stands.
    [[nodiscard]] bool continues(const Buffer& tail, std::size_t need_b) const noexcept;
    /// Longer ones have no place in a slab: see ReceiveBlock.
    [[nodiscard]] std::size_t carry_b_max() const noexcept { return pool_.slab_capacity() / 2; }

    /// Cuts off the first `size` bytes of the last writable() and the `carried_b` in front of them,
    /// charged to `account`: with the whole slab, unless it holds a slice of it already.
    /// REQUIRES: 0 < size <= writable().size(); `account` is the one given to writable(); nothing
    /// was taken since; carried_b is 0 or the size of the tail given to writable().
    [[nodiscard]] Buffer take(std::size_t size, BufferAccount& account, std::size_t carried_b = 0);

    /// Copies them instead into a small block, charged with that block's size, and leaves the
    /// cursor: for small reads, which would otherwise each keep a slab from everybody. Falls back
    /// to `take` when the pool has no such block. REQUIRES: as of `take`.
    [[nodiscard]] Buffer take_copy(std::size_t size, BufferAccount& account,
                                   std::size_t carried_b = 0);

    /// Moves `tail` to a small block, charged to `account`, so that it keeps no slab while it waits
    /// to be continued; false, and nothing is done, if there is none of that size.
    [[nodiscard]] bool move_out(Buffer& tail, BufferAccount& account);

    /// Lets the current slab go, if its user has nothing to read for long.
    void release() noexcept;

  private:
    [[nodiscard]] std::span<std::byte> rest() const noexcept;
    /// Gets the spare; only then bytes may be taken.
    [[nodiscard]] Result<void> prepare(const BufferAccount& account);
    /// Makes room for at least so many bytes at the cursor, in another slab if need be.
    [[nodiscard]] Result<void> make_room(std::size_t bytes);
    [[nodiscard]] std::size_t carry_offer_b() const noexcept;
    [[nodiscard]] bool is_at_cursor(const Buffer& tail) const noexcept;
    /// A share for `account` of the slab's bytes from `begin` on.
    [[nodiscard]] Buffer cut(std::size_t begin, std::size_t size, BufferAccount& account);
    /// A copy in a small block, charged to `account`; empty if there is no such block.
    [[nodiscard]] Buffer copy(std::span<const std::byte> bytes, BufferAccount& account);
    void accept_offer(std::size_t size, std::size_t carried_b, const BufferAccount& account);

    BufferPool& pool_;
    const std::size_t offer_bytes_;
    Buffer slab_;
    std::size_t cursor_ = 0;
    Buffer spare_;                               // becomes the account's lease of the slab
    const detail::Block* offered_to_ = nullptr;  // the account of a writable() not yet taken from
};

}  // namespace sluice
