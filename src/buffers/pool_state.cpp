#include "buffers/pool_state.hpp"

#include <bit>
#include <new>
#include <optional>

#include "sluice/core/check.hpp"

namespace sluice::detail {
namespace {

/// Another reference, unless the last one was dropped already and the block is on its way home.
bool try_add_reference(Block& block) noexcept {
    std::uint32_t count = block.references.load(std::memory_order_relaxed);
    while (count != 0 &&
           !block.references.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) {
    }
    return count != 0;
}

}  // namespace

PoolState::~PoolState() {
    const sync::MutexLock lock(mutex_);
    SLUICE_CHECK(store_.statistics().blocks == 0,
                 "a Buffer, BufferAccount or ReceiveBuffer outlived its BufferPool");
}

Result<Block*> PoolState::take(std::size_t bytes) {
    const sync::MutexLock lock(mutex_);
    const std::optional<SizeClass> size_class = store_.classes().find(bytes);
    if (!size_class) {
        return Error(Errc::too_large);
    }
    return store_.take(*size_class);
}

Result<Block*> PoolState::wrap(const WrapData& data) {
    const sync::MutexLock lock(mutex_);
    Result<Block*> taken = store_.take(SizeClasses::smallest);
    if (taken) {
        (*taken)->kind = BlockKind::wrap;
        new (payload(**taken)) WrapData(data);
    }
    return taken;
}

Result<Block*> PoolState::open_account(std::size_t limit_b) {
    const sync::MutexLock lock(mutex_);
    Result<Block*> taken = store_.take(SizeClasses::smallest);
    if (taken) {
        (*taken)->kind = BlockKind::account;
        (new (payload(**taken)) AccountData)->limit_b = limit_b;
    }
    return taken;
}

Result<Block*> PoolState::take_small(std::size_t bytes, Block& account) {
    const sync::MutexLock lock(mutex_);
    const std::optional<SizeClass> size_class = store_.classes().find(bytes);
    if (!size_class || *size_class >= SizeClasses::small_count) {
        return Error(Errc::would_block);
    }
    return take_charged(*size_class, account);
}

Result<Block*> PoolState::take(std::size_t bytes, Block& account) {
    const sync::MutexLock lock(mutex_);
    const std::optional<SizeClass> size_class = store_.classes().find(bytes);
    if (!size_class) {
        return Error(Errc::too_large);
    }
    return take_charged(*size_class, account);
}

Result<Block*> PoolState::take_charged(SizeClass size_class, Block& account) {
    Result<Block*> taken = store_.take(size_class);
    if (taken) {
        (*taken)->account = &account;
        charge(account, kept_b(**taken));
    }
    return taken;
}

Block& PoolState::lease(Block& slab, Block& account, Block*& spare) {
    const sync::MutexLock lock(mutex_);
    AccountData& data = payload_as<AccountData>(account);
    if (data.lease != nullptr && data.lease->parent == &slab && try_add_reference(*data.lease)) {
        return *data.lease;
    }
    Block& lease = *spare;
    lease.kind = BlockKind::lease;
    lease.parent = &slab;
    add_reference(slab);
    lease.account = &account;
    charge(account, kept_b(lease));
    data.lease = &lease;

    spare = nullptr;
    if (store_.can_take(SizeClasses::smallest)) {
        if (const Result<Block*> taken = store_.take(SizeClasses::smallest)) {
            spare = *taken;
        }
    }
    return lease;
}

void PoolState::take_home(Block& block) noexcept {
    WrapData lent;
    {
        const sync::MutexLock lock(mutex_);
        if (block.kind == BlockKind::wrap) {
            lent = payload_as<WrapData>(block);
        }
        put_with_what_it_holds(block);
        wake_waiters();
    }
    if (lent.release != nullptr) {
        lent.release(lent.context, lent.memory);
    }
}

void PoolState::put_with_what_it_holds(Block& block) noexcept {
    Block* const account = block.account;
    Block* const parent = block.parent;
    const std::size_t charged = kept_b(block);
    if (account != nullptr) {
        Block*& current = payload_as<AccountData>(*account).lease;
        if (current == &block) {
            current = nullptr;
        }
    }
    store_.put(block);
    if (parent != nullptr) {
        put_if_last(*parent);
    }
    if (account != nullptr) {
        uncharge(*account, charged);
    }
}

void PoolState::put_if_last(Block& block) noexcept {
    if (block.references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        store_.put(block);
    }
}

void PoolState::charge(Block& account, std::size_t bytes) noexcept {
    payload_as<AccountData>(account).held_b.fetch_add(bytes, std::memory_order_relaxed);
    add_reference(account);
}

void PoolState::uncharge(Block& account, std::size_t bytes) noexcept {
    AccountData& data = payload_as<AccountData>(account);
    const std::size_t held = data.held_b.fetch_sub(bytes, std::memory_order_relaxed) - bytes;
    if (held < data.limit_b) {
        data.waiters.wake_all();
    }
    put_if_last(account);
}

void PoolState::wait_for_memory(MemoryWaiter& waiter, std::size_t bytes) {
    const sync::MutexLock lock(mutex_);
    const std::optional<SizeClass> size_class = store_.classes().find(bytes);
    SLUICE_CHECK(size_class, "waits for a block that the pool could never hold");
    waiters_[*size_class].push_back(waiter);
    waited_for_ |= std::uint64_t{1} << *size_class;
    wake_waiters();
}

void PoolState::wait_for_account(MemoryWaiter& waiter, Block& account) {
    const sync::MutexLock lock(mutex_);
    AccountData& data = payload_as<AccountData>(account);
    data.waiters.push_back(waiter);
    if (data.held_b.load(std::memory_order_relaxed) < data.limit_b) {
        data.waiters.wake_all();
    }
}

void PoolState::cancel_wait(MemoryWaiter& waiter) noexcept {
    const sync::MutexLock lock(mutex_);
    WaitList::remove(waiter);
}

/// Wakes all whose request would succeed, not only the first: that one may no longer want the
/// memory, and the others would then sleep beside it.
void PoolState::wake_waiters() noexcept {
    for (std::uint64_t left = waited_for_; left != 0; left &= left - 1) {
        const auto size_class = static_cast<SizeClass>(std::countr_zero(left));
        if (store_.can_take(size_class)) {
            waiters_[size_class].wake_all();
            waited_for_ &= ~(std::uint64_t{1} << size_class);
        }
    }
}

BufferPoolStatistics PoolState::statistics() const {
    const sync::MutexLock lock(mutex_);
    return store_.statistics();
}

std::size_t PoolState::slab_capacity() const noexcept {
    const sync::MutexLock lock(mutex_);
    return store_.classes().size_b(SizeClasses::slab) - block_header_b;
}

}  // namespace sluice::detail
