/// The memory of a receive path: slabs and smaller and larger blocks under one hard limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sluice/buffers/buffer.hpp"
#include "sluice/buffers/buffer_account.hpp"
#include "sluice/core/result.hpp"

namespace sluice {

namespace detail {
class PoolState;
}

struct BufferPoolOptions {
    /// All memory that the pool may ever hold, in bytes.
    std::size_t size_b = std::size_t{16} * 1024 * 1024;
    /// The size of a slab, in bytes: a power of two from 16 KiB on, at most a quarter of `size_b`.
    /// Larger slabs make fewer and longer receives.
    std::size_t slab_size_b = std::size_t{256} * 1024;
};

/// Fails with `invalid_argument`; the detail says what was given and what is allowed.
[[nodiscard]] Result<void> validate(const BufferPoolOptions& options);

/// How much of a pool with such slabs `acquire(bytes)` takes: its whole block. Blocks of more than
/// half a pool do not exist in it. REQUIRES: slab_size_b is valid; bytes < 2^62.
[[nodiscard]] std::uint64_t block_size_b(std::uint64_t bytes, std::size_t slab_size_b) noexcept;

struct BufferPoolStatistics {
    std::size_t size_b = 0;       ///< The limit.
    std::size_t mapped_b = 0;     ///< Taken from the kernel so far; never above size_b.
    std::size_t used_b = 0;       ///< Blocks outside the pool now, by their whole size.
    std::size_t used_b_max = 0;   ///< The highest used_b so far.
    std::size_t blocks = 0;       ///< Blocks outside the pool now.
    std::uint64_t acquired = 0;   ///< Blocks handed out so far.
    std::uint64_t exhausted = 0;  ///< Requests refused with `would_block` so far.
};

/// Hands out blocks as Buffers and takes each back when its last share is gone, on any thread.
/// Blocks come in size classes: powers of two from 128 B to 8 KiB, cut from slabs; the slab; and
/// powers of two times the slab. Of a class the block returned last is handed out first, while it
/// is still in the cache. Free blocks stay mapped for reuse, because filling fresh pages costs many
/// times more than filling used ones, until the limit is reached and another class needs their
/// room. Every block starts with a header of 64 bytes, so `acquire(n)` takes a class of at least n
/// + 64.
///
/// An empty pool is no failure but back-pressure: `acquire` says `would_block`, and a MemoryWaiter
/// is told when to try again. All functions: any thread.
class BufferPool final {
  public:
    /// REQUIRES: validate(options).
    explicit BufferPool(const BufferPoolOptions& options = {});
    /// Aborts unless every Buffer, account and ReceiveBuffer is gone: outliving the pool is a bug.
    ~BufferPool();
    BufferPool(const BufferPool&) = delete;
    BufferPool& operator=(const BufferPool&) = delete;

    /// A writable Buffer of exactly `bytes` (its block may be larger). Errors: `would_block` when
    /// the limit is reached now, `too_large` when it could never hold the block,
    /// `out_of_memory` when the kernel gives no pages.
    [[nodiscard]] Result<Buffer> acquire(std::size_t bytes);

    /// A writable Buffer that is a whole slab: slab_size_b less the header. Errors: as of
    /// `acquire`.
    [[nodiscard]] Result<Buffer> acquire_slab();

    /// Called when the last share of lent memory is gone, on that thread.
    using ReleaseFunction = void (*)(void* context, std::span<const std::byte> memory) noexcept;

    /// A Buffer over memory of the user's own, which must stay unchanged until `release` is called.
    /// The pool's lock is not held then, and Errors: as
    /// of `acquire`, for the small block that keeps count; then `release` is not called.
    /// REQUIRES: release is not null.
    [[nodiscard]] Result<Buffer> wrap(std::span<const std::byte> memory, ReleaseFunction release,
                                      void* context);

    /// An account that stays below `limit_b`, as far as whoever receives asks `has_room` first;
    /// what is received after that may take it over the limit by one slab. Errors:
    /// `invalid_argument` for a limit of 0, and as of `acquire`, for the small block that keeps
    /// count.
    [[nodiscard]] Result<BufferAccount> open_account(std::size_t limit_b);

    /// Calls `waiter` once when `acquire(bytes)` may succeed; at once if it may already. All who
    /// wait for what came back are called, so one that comes late may find nothing and waits again.
    /// A waiter waits for one thing at a time. It must be cancelled or have been called before it
    /// is destroyed. REQUIRES: `acquire(bytes)` is not `too_large`.
    void wait_for_memory(MemoryWaiter& waiter, std::size_t bytes);
    /// Calls `waiter` once when `account` is below its limit; at once if it already is. The account
    /// may be closed meanwhile.
    void wait_for_account(MemoryWaiter& waiter, BufferAccount& account);
    /// Afterwards `waiter` is not being called and will not be. Does nothing if it does not wait.
    void cancel_wait(MemoryWaiter& waiter) noexcept;
    /// Whether `account` is below its limit.
    [[nodiscard]] bool has_room(const BufferAccount& account) const;

    [[nodiscard]] BufferPoolStatistics statistics() const;
    /// The size of `acquire_slab()`.
    [[nodiscard]] std::size_t slab_capacity() const noexcept;

  private:
    friend class ReceiveBlock;
    friend class ReceiveBuffer;
    std::unique_ptr<detail::PoolState> state_;
};

}  // namespace sluice
