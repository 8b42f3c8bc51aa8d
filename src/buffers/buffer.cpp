#include "sluice/buffers/buffer.hpp"

#include "buffers/block.hpp"
#include "buffers/pool_state.hpp"
#include "sluice/core/check.hpp"

namespace sluice {
namespace detail {

void add_reference(Block& block) noexcept {
    block.references.fetch_add(1, std::memory_order_relaxed);
}

void drop_reference(Block& block) noexcept {
    if (block.references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        block.pool->take_home(block);
    }
}

void add_references(Block& block, std::uint32_t count) noexcept {
    block.references.fetch_add(count, std::memory_order_relaxed);
}

void drop_references(Block& block, std::uint32_t count) noexcept {
    if (block.references.fetch_sub(count, std::memory_order_acq_rel) == count) {
        block.pool->take_home(block);
    }
}

bool is_unique(const Block& block) noexcept {
    return block.references.load(std::memory_order_acquire) == 1;
}

bool is_writable(const Block& block) noexcept {
    return block.kind != BlockKind::wrap;
}

std::size_t kept_b(const Block& block) noexcept {
    return block.kind == BlockKind::lease ? block.parent->size_b : block.size_b;
}

/// What the user may fill of a block; nothing of one that only stands for other memory.
std::span<std::byte> whole_payload(Block& block) noexcept {
    if (block.kind != BlockKind::memory) {
        return {};
    }
    return {payload(block), block.size_b - block_header_b};
}

}  // namespace detail

Buffer Buffer::share() const noexcept {
    if (block_ != nullptr) {
        detail::add_reference(*block_);
    }
    return {block_, bytes_};
}

Buffer Buffer::slice(std::size_t offset, std::size_t size) const {
    SLUICE_CHECK(offset <= bytes_.size() && size <= bytes_.size() - offset,
                 "a slice outside its Buffer");
    Buffer part = share();
    part.bytes_ = bytes_.subspan(offset, size);
    return part;
}

void Buffer::truncate(std::size_t size) {
    SLUICE_CHECK(size <= bytes_.size(), "truncate to more than there is");
    bytes_ = bytes_.first(size);
}

void Buffer::drop_front(std::size_t size) {
    SLUICE_CHECK(size <= bytes_.size(), "drop_front of more than there is");
    bytes_ = bytes_.subspan(size);
}

bool Buffer::join(Buffer& next) noexcept {
    if (block_ == nullptr || next.block_ != block_ || &next == this ||
        next.bytes_.data() != bytes_.data() + bytes_.size()) {
        return false;
    }
    bytes_ = {bytes_.data(), bytes_.size() + next.bytes_.size()};
    next.reset();
    return true;
}

std::span<std::byte> Buffer::writable() {
    SLUICE_CHECK(block_ != nullptr && detail::is_writable(*block_),
                 "writable() of memory that is not a pool's");
    SLUICE_CHECK(detail::is_unique(*block_), "writable() of shared bytes");
    return {const_cast<std::byte*>(bytes_.data()), bytes_.size()};
}

std::span<std::byte> Buffer::room() noexcept {
    if (block_ == nullptr || !detail::is_unique(*block_)) {
        return {};
    }
    const std::span<std::byte> whole = detail::whole_payload(*block_);
    if (whole.empty()) {
        return {};
    }
    const auto end = static_cast<std::size_t>(bytes_.data() + bytes_.size() - whole.data());
    return whole.subspan(end);
}

void Buffer::extend(std::size_t size) {
    SLUICE_CHECK(size <= room().size(), "extend by more than there is room");
    bytes_ = {bytes_.data(), bytes_.size() + size};
}

}  // namespace sluice
