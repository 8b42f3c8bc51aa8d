#include "sluice/buffers/receive_buffer.hpp"

#include <algorithm>
#include <utility>

#include "buffers/block.hpp"
#include "buffers/pool_state.hpp"
#include "sluice/core/check.hpp"

namespace sluice {
namespace {

/// Copying less than this is cheaper than a receive that is shorter than it could be.
constexpr std::size_t short_tail_b = std::size_t{8} * 1024;

}  // namespace

ReceiveBuffer::ReceiveBuffer(BufferPool& pool, std::size_t offer_bytes)
    : pool_(pool), offer_bytes_(offer_bytes) {
    SLUICE_CHECK(offer_bytes > 0 && offer_bytes <= pool.slab_capacity(),
                 "a ReceiveBuffer that offers nothing, or more than a slab");
}

ReceiveBuffer::~ReceiveBuffer() {
    release();
}

Result<void> ReceiveBuffer::prepare(const BufferAccount& account) {
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
    return {};
}

Result<void> ReceiveBuffer::make_room(std::size_t bytes) {
    if (slab_.block_ != nullptr && detail::is_unique(*slab_.block_)) {
        cursor_ = 0;
    } else if (slab_.size() - cursor_ < bytes) {
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
    return {};
}

Result<std::span<std::byte>> ReceiveBuffer::writable(const BufferAccount& account) {
    if (Result<void> prepared = prepare(account); !prepared) {
        return prepared.error();
    }
    if (Result<void> made = make_room(offer_bytes_); !made) {
        return made.error();
    }
    offered_to_ = account.block_;
    return rest();
}

Result<std::span<std::byte>> ReceiveBuffer::writable(BufferAccount& account, Buffer& tail,
                                                     std::size_t need_b) {
    if (tail.empty()) {
        return writable(account);
    }
    SLUICE_CHECK(tail.size() < need_b && need_b <= carry_b_max(),
                 "a tail that needs nothing, or more than half a slab");
    if (Result<void> prepared = prepare(account); !prepared) {
        return prepared.error();
    }
    if (!continues(tail, need_b)) {
        const std::size_t wished_b = std::max(need_b, tail.size() + carry_offer_b());
        if (Result<void> made = make_room(std::min(wished_b, pool_.slab_capacity())); !made) {
            return made.error();
        }
        std::ranges::copy(tail.bytes(), rest().begin());
        cursor_ += tail.size();
        tail = cut(cursor_ - tail.size(), tail.size(), account);
        if (Result<void> prepared = prepare(account); !prepared) {  // the cut may have used it
            return prepared.error();
        }
    }
    offered_to_ = account.block_;
    return rest();
}

bool ReceiveBuffer::continues(const Buffer& tail, std::size_t need_b) const noexcept {
    if (!is_at_cursor(tail)) {
        return false;
    }
    const std::size_t rest_b = slab_.size() - cursor_;
    const std::size_t missing_b = need_b - tail.size();
    return rest_b >= missing_b && (rest_b >= carry_offer_b() || tail.size() >= short_tail_b);
}

/// With an offer of a whole slab every receive would begin another, and move the tail.
std::size_t ReceiveBuffer::carry_offer_b() const noexcept {
    return std::min(offer_bytes_, pool_.slab_capacity() / 4);
}

bool ReceiveBuffer::is_at_cursor(const Buffer& tail) const noexcept {
    return slab_.block_ != nullptr && cursor_ >= tail.size() &&
           tail.data() == slab_.data() + (cursor_ - tail.size());
}

Buffer ReceiveBuffer::take(std::size_t size, BufferAccount& account, std::size_t carried_b) {
    accept_offer(size, carried_b, account);
    cursor_ += size;
    return cut(cursor_ - size - carried_b, carried_b + size, account);
}

Buffer ReceiveBuffer::cut(std::size_t begin, std::size_t size, BufferAccount& account) {
    detail::Block* spare = std::exchange(spare_.block_, nullptr);
    detail::Block& lease = pool_.state_->lease(*slab_.block_, *account.block_, spare);
    spare_.block_ = spare;
    return Buffer(&lease, slab_.bytes().subspan(begin, size));
}

Buffer ReceiveBuffer::take_copy(std::size_t size, BufferAccount& account, std::size_t carried_b) {
    accept_offer(size, carried_b, account);
    Buffer copied = copy(slab_.bytes().subspan(cursor_ - carried_b, carried_b + size), account);
    if (copied.empty()) {
        offered_to_ = account.block_;
        return take(size, account, carried_b);
    }
    return copied;
}

bool ReceiveBuffer::move_out(Buffer& tail, BufferAccount& account) {
    Buffer copied = copy(tail.bytes(), account);
    if (copied.empty()) {
        return false;
    }
    tail = std::move(copied);
    return true;
}

Buffer ReceiveBuffer::copy(std::span<const std::byte> bytes, BufferAccount& account) {
    const Result<detail::Block*> taken = pool_.state_->take_small(bytes.size(), *account.block_);
    if (!taken) {
        return {};
    }
    std::byte* const target = detail::payload(**taken);
    std::ranges::copy(bytes, target);
    return Buffer(*taken, {target, bytes.size()});
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

void ReceiveBuffer::accept_offer(std::size_t size, std::size_t carried_b,
                                 const BufferAccount& account) {
    SLUICE_CHECK(account.block_ != nullptr && offered_to_ == account.block_,
                 "take() without a writable() of its own for the same account");
    offered_to_ = nullptr;
    SLUICE_CHECK(size > 0 && size <= slab_.size() - cursor_ && carried_b <= cursor_,
                 "take() of nothing, or of more than offered");
}

}  // namespace sluice
