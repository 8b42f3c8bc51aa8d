#include "sluice/buffers/buffer_pool.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "buffers/pool_state.hpp"
#include "sluice/core/check.hpp"

namespace sluice {
namespace {

constexpr std::size_t slab_size_b_min = std::size_t{16} * 1024;
static_assert(detail::small_size_b_max <= slab_size_b_min / 2, "small blocks are cut from slabs");

/// REQUIRES: `account` is open, and of the pool whose inside is `state`.
detail::Block& checked(detail::Block* account, const detail::PoolState* state) {
    SLUICE_CHECK(account != nullptr && account->pool == state,
                 "a BufferAccount that is not open in this BufferPool");
    return *account;
}

}  // namespace

Result<void> validate(const BufferPoolOptions& options) {
    if (!std::has_single_bit(options.slab_size_b) || options.slab_size_b < slab_size_b_min) {
        return Error(Errc::invalid_argument, "slab_size_b " + std::to_string(options.slab_size_b) +
                                                 ": must be a power of two, at least " +
                                                 std::to_string(slab_size_b_min));
    }
    if (options.slab_size_b > options.size_b / 4) {
        return Error(Errc::invalid_argument, "size_b " + std::to_string(options.size_b) +
                                                 ": must be at least four times slab_size_b " +
                                                 std::to_string(options.slab_size_b));
    }
    return {};
}

std::uint64_t block_size_b(std::uint64_t bytes, std::size_t slab_size_b) noexcept {
    const std::uint64_t block_b = bytes + detail::block_header_b;
    if (block_b > detail::small_size_b_max) {
        return std::max<std::uint64_t>(std::bit_ceil(block_b), slab_size_b);
    }
    return std::max<std::uint64_t>(std::bit_ceil(block_b), detail::block_size_b_min);
}

BufferPool::BufferPool(const BufferPoolOptions& options) {
    SLUICE_CHECK(validate(options), "a BufferPool of options that validate() refuses");
    state_ = std::make_unique<detail::PoolState>(options);
}

BufferPool::~BufferPool() = default;

Result<Buffer> BufferPool::acquire(std::size_t bytes) {
    const Result<detail::Block*> taken = state_->take(bytes);
    if (!taken) {
        return taken.error();
    }
    return Buffer(*taken, {detail::payload(**taken), bytes});
}

Result<Buffer> BufferPool::acquire_slab() {
    return acquire(slab_capacity());
}

Result<Buffer> BufferPool::wrap(std::span<const std::byte> memory, ReleaseFunction release,
                                void* context) {
    SLUICE_CHECK(release != nullptr, "wrap() without a release function");
    const Result<detail::Block*> taken = state_->wrap({memory, release, context});
    if (!taken) {
        return taken.error();
    }
    return Buffer(*taken, memory);
}

Result<BufferAccount> BufferPool::open_account(std::size_t limit_b) {
    if (limit_b == 0) {
        return Error(Errc::invalid_argument, "the limit of an account is 0: must be at least 1");
    }
    const Result<detail::Block*> taken = state_->open_account(limit_b);
    if (!taken) {
        return taken.error();
    }
    return BufferAccount(*taken);
}

void BufferPool::wait_for_memory(MemoryWaiter& waiter, std::size_t bytes) {
    state_->wait_for_memory(waiter, bytes);
}

void BufferPool::wait_for_account(MemoryWaiter& waiter, BufferAccount& account) {
    state_->wait_for_account(waiter, checked(account.block_, state_.get()));
}

void BufferPool::cancel_wait(MemoryWaiter& waiter) noexcept {
    state_->cancel_wait(waiter);
}

bool BufferPool::has_room(const BufferAccount& account) const {
    const detail::AccountData& data =
        detail::payload_as<detail::AccountData>(checked(account.block_, state_.get()));
    return data.held_b.load(std::memory_order_relaxed) < data.limit_b;
}

BufferPoolStatistics BufferPool::statistics() const {
    return state_->statistics();
}

std::size_t BufferPool::slab_capacity() const noexcept {
    return state_->slab_capacity();
}

}  // namespace sluice
