#include "sluice/buffers/receive_block.hpp"

#include <algorithm>
#include <utility>

#include "buffers/block.hpp"
#include "buffers/pool_state.hpp"
#include "sluice/core/check.hpp"

namespace sluice {

Result<ReceiveBlock> ReceiveBlock::open(BufferPool& pool, std::size_t size_b, Buffer& tail,
                                        BufferAccount& account) {
    SLUICE_CHECK(account.block_ != nullptr && account.block_->pool == pool.state_.get(),
                 "a ReceiveBlock for a BufferAccount that is not open in this BufferPool");
    SLUICE_CHECK(tail.size() < size_b, "a ReceiveBlock that is full from the start");
    const Result<detail::Block*> taken = pool.state_->take(size_b, *account.block_);
    if (!taken) {
        return taken.error();
    }
    ReceiveBlock opened;
    opened.block_ = Buffer(*taken, {detail::payload(**taken), size_b});
    if (!tail.empty()) {
        std::ranges::copy(tail.bytes(), detail::payload(**taken));
        opened.filled_ = tail.size();
        tail = opened.block_.slice(0, opened.filled_);
    }
    return opened;
}

void ReceiveBlock::use_whole() noexcept {
    detail::Block& block = *block_.block_;
    block_.bytes_ = {detail::payload(block), block.size_b - detail::block_header_b};
}

bool ReceiveBlock::continues(const Buffer& tail, std::size_t need_b) const noexcept {
    if (block_.empty() || filled_ == block_.size() || tail.size() > filled_) {
        return false;
    }
    const std::size_t begin = filled_ - tail.size();
    return (tail.empty() || tail.data() == block_.data() + begin) &&
           need_b <= block_.size() - begin;
}

std::span<std::byte> ReceiveBlock::writable() noexcept {
    if (block_.empty()) {
        return {};
    }
    // Slices of the front may be held by others; nobody looks at the rest.
    return {detail::payload(*block_.block_) + filled_, block_.size() - filled_};
}

Buffer ReceiveBlock::take(std::size_t size, std::size_t carried_b) {
    SLUICE_CHECK(size > 0 && size <= block_.size() - filled_ && carried_b <= filled_,
                 "take() of nothing, or of more than there is");
    Buffer taken = block_.slice(filled_ - carried_b, carried_b + size);
    filled_ += size;
    return taken;
}

void ReceiveBlock::release() noexcept {
    block_.reset();
    filled_ = 0;
}

}  // namespace sluice
