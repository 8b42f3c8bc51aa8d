/// The inside of a BufferPool: the store under its lock, and who waits.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "buffers/block.hpp"
#include "buffers/block_store.hpp"
#include "buffers/wait_list.hpp"
#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/core/result.hpp"
#include "sluice/sync/mutex.hpp"

namespace sluice::detail {

/// The payload of a block of kind `wrap`.
struct WrapData {
    std::span<const std::byte> memory;
    BufferPool::ReleaseFunction release = nullptr;
    void* context = nullptr;
};

/// The payload of a block of kind `account`. Written under the pool's lock.
struct AccountData {
    std::atomic<std::size_t> held_b{0};  // also read without the lock
    std::size_t limit_b = 0;
    Block* lease = nullptr;  // the one opened last; null once it is gone
    WaitList waiters;
};

/// Hands out blocks with one reference and takes them home when the last is dropped. A block may
/// hold references of others (a lease of its slab, a charged block of its account); they go with
/// it, under the same lock. All functions: any thread.
class PoolState {
  public:
    explicit PoolState(const BufferPoolOptions& options) : store_(options, this) {}
    ~PoolState();
    PoolState(const PoolState&) = delete;
    PoolState& operator=(const PoolState&) = delete;

    [[nodiscard]] Result<Block*> take(std::size_t bytes) SLUICE_EXCLUDES(mutex_);
    [[nodiscard]] Result<Block*> wrap(const WrapData& data) SLUICE_EXCLUDES(mutex_);
    [[nodiscard]] Result<Block*> open_account(std::size_t limit_b) SLUICE_EXCLUDES(mutex_);

    /// A small block that is charged to `account`; `would_block` also when there is no small class
    /// of that size.
    [[nodiscard]] Result<Block*> take_small(std::size_t bytes, Block& account)
        SLUICE_EXCLUDES(mutex_);

    /// A block that is charged to `account`. Errors: as of BufferPool::acquire.
    [[nodiscard]] Result<Block*> take(std::size_t bytes, Block& account) SLUICE_EXCLUDES(mutex_);

    /// A reference of `account`'s lease of `slab`. If it has none (any more), `spare`, a block of
    /// this pool, becomes its lease, the account is charged with the slab, and `spare` becomes a
    /// new block, or null if there is none. REQUIRES: spare is not null.
    [[nodiscard]] Block& lease(Block& slab, Block& account, Block*& spare) SLUICE_EXCLUDES(mutex_);

    /// REQUIRES: the last reference of `block` was just dropped.
    void take_home(Block& block) noexcept SLUICE_EXCLUDES(mutex_);

    void wait_for_memory(MemoryWaiter& waiter, std::size_t bytes) SLUICE_EXCLUDES(mutex_);
    void wait_for_account(MemoryWaiter& waiter, Block& account) SLUICE_EXCLUDES(mutex_);
    void cancel_wait(MemoryWaiter& waiter) noexcept SLUICE_EXCLUDES(mutex_);

    [[nodiscard]] BufferPoolStatistics statistics() const SLUICE_EXCLUDES(mutex_);
    [[nodiscard]] std::size_t slab_capacity() const noexcept;

  private:
    [[nodiscard]] Result<Block*> take_charged(SizeClass size_class, Block& account)
        SLUICE_REQUIRES(mutex_);
    void charge(Block& account, std::size_t bytes) noexcept SLUICE_REQUIRES(mutex_);
    void uncharge(Block& account, std::size_t bytes) noexcept SLUICE_REQUIRES(mutex_);
    void put_if_last(Block& block) noexcept SLUICE_REQUIRES(mutex_);
    void put_with_what_it_holds(Block& block) noexcept SLUICE_REQUIRES(mutex_);
    void wake_waiters() noexcept SLUICE_REQUIRES(mutex_);

    mutable sync::Mutex mutex_;
    BlockStore store_ SLUICE_GUARDED_BY(mutex_);
    std::array<WaitList, SizeClasses::count_max> waiters_ SLUICE_GUARDED_BY(mutex_);
    // A bit for each size class that may have waiters, so that taking a block home asks only those.
    std::uint64_t waited_for_ SLUICE_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::detail
