#include "sluice/buffers/receive_buffer.hpp"

#include <algorithm>
#include <utility>

#include "buffers/block.hpp"
#include "buffers/pool_state.hpp"
#include "sluice/core/check.hpp"

namespace sluice {

ReceiveBuffer::ReceiveBuffer(BufferPool& pool, std::size_t offer_bytes)
    : pool_(pool), offer_bytes_(offer_bytes) {
    SLUICE_CHECK(offer_bytes > 0 && offer_bytes <= pool.slab_capacity(),
                 "a ReceiveBuffer that offers nothing, or more than a slab");
}

ReceiveBuffer::~ReceiveBuffer() {
    release();
}

Result<std::span<std::byte>> ReceiveBuffer::writable(const BufferAccount& account) {
    SLUICE_CHECK(account.block_ != nullptr && account.block_->pool == pool_.state_.get(),
                 "writable() for a BufferAccount that is not open in this BufferPool");
    offered_to_ = nullptr;
    if (spare_.block_ == nullptr) {
        Result<Buffer> spare = pool_.acquire(0);
        if (!spare) {
            return spare.error();
        }
        spare_ = *std::move(spare);
    }
    if (slab_.block_ != nullptr && detail::is_unique(*slab_.block_)) {
        cursor_ = 0;
    } else if (slab_.size() - cursor_ < offer_bytes_) {
        // The old one goes first: if nobody else holds it any more, it is the next.
        slab_.reset();
        cursor_ = 0;
    }
    if (slab_.block_ == nullptr) {
        Result<Buffer> slab = pool_.acquire_slab();
        if (!slab) {
            return slab.error();
        }
        slab_ = *std::move(slab);
    }
    offered_to_ = account.block_;
    return rest();
}

Buffer ReceiveBuffer::take(std::size_t size, BufferAccount& account) {
    const std::span<std::byte> offered = accept_offer(size, account);
    detail::Block* spare = std::exchange(spare_.block_, nullptr);
    detail::Block& lease = pool_.state_->lease(*slab_.block_, *account.block_, spare);
    spare_.block_ = spare;
    cursor_ += size;
    return Buffer(&lease, offered.first(size));
}

Buffer ReceiveBuffer::take_copy(std::size_t size, BufferAccount& account) {
    const std::span<std::byte> offered = accept_offer(size, account);
    const Result<detail::Block*> taken = pool_.state_->take_small(size, *account.block_);
    if (!taken) {
        offered_to_ = account.block_;
        return take(size, account);
    }
    std::byte* const copy = detail::payload(**taken);
    std::copy_n(offered.data(), size, copy);
    return Buffer(*taken, {copy, size});
}

void ReceiveBuffer::release() noexcept {
    offered_to_ = nullptr;
    spare_.reset();
    slab_.reset();
    cursor_ = 0;
}

std::span<std::byte> ReceiveBuffer::rest() const noexcept {
    std::byte* const front = detail::payload(*slab_.block_);
    return {front + cursor_, slab_.size() - cursor_};
}

std::span<std::byte> ReceiveBuffer::accept_offer(std::size_t size, const BufferAccount& account) {
    SLUICE_CHECK(account.block_ != nullptr && offered_to_ == account.block_,
                 "take() without a writable() of its own for the same account");
    offered_to_ = nullptr;
    const std::span<std::byte> offered = rest();
    SLUICE_CHECK(size > 0 && size <= offered.size(), "take() of nothing, or of more than offered");
    return offered;
}

}  // namespace sluice
