#include "buffers/block_store.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "sluice/core/check.hpp"
#include "sluice/sys/memory.hpp"

namespace sluice::detail {

BlockStore::BlockStore(const BufferPoolOptions& options, PoolState* pool)
    : classes_(options.slab_size_b, options.size_b), pool_(pool) {
    statistics_.size_b = options.size_b;
}

BlockStore::~BlockStore() {
    SLUICE_CHECK(statistics_.blocks == 0, "a block outlived its pool");
    give_up_idle_slabs();
    unmap_free(free_b_);
}

Result<Block*> BlockStore::take(SizeClass size_class) {
    Result<Block*> taken =
        size_class < SizeClasses::small_count ? take_small(size_class) : take_mapped(size_class);
    if (!taken) {
        if (taken.error().code() == Errc::would_block) {
            ++statistics_.exhausted;
        }
        return taken;
    }
    Block& block = **taken;
    block.references.store(1, std::memory_order_relaxed);
    block.kind = BlockKind::memory;
    block.parent = nullptr;
    block.account = nullptr;
    ++statistics_.blocks;
    ++statistics_.acquired;
    statistics_.used_b += block.size_b;
    statistics_.used_b_max = std::max(statistics_.used_b_max, statistics_.used_b);
    return taken;
}

void BlockStore::put(Block& block) noexcept {
    --statistics_.blocks;
    statistics_.used_b -= block.size_b;
    if (block.home != nullptr) {
        put_small(block);
    } else {
        put_mapped(block);
    }
}

bool BlockStore::can_take(SizeClass size_class) const noexcept {
    if (size_class < SizeClasses::small_count) {
        return !small_[size_class].with_room.empty() || can_take(SizeClasses::slab);
    }
    const std::size_t kept_b = statistics_.mapped_b - free_b_ - idle_b_;
    return !free_[size_class].empty() || classes_.size_b(size_class) <= statistics_.size_b - kept_b;
}

// Blocks that are mapped each on their own: slabs and larger ones.

Result<Block*> BlockStore::take_mapped(SizeClass size_class) {
    if (Block* block = reuse(size_class)) {
        return block;
    }
    if (!can_take(size_class)) {
        return Error(Errc::would_block);
    }
    const std::size_t size_b = classes_.size_b(size_class);
    if (size_b > statistics_.size_b - statistics_.mapped_b) {
        give_up_idle_slabs();
        if (Block* block = reuse(size_class)) {
            return block;
        }
        unmap_free(size_b - (statistics_.size_b - statistics_.mapped_b));
    }
    return map(size_class);
}

void BlockStore::put_mapped(Block& block) noexcept {
    free_[block.size_class].push_front(block);
    free_b_ += block.size_b;
}

Block* BlockStore::reuse(SizeClass size_class) noexcept {
    Block* const block = free_[size_class].front();
    if (block != nullptr) {
        free_[size_class].remove(*block);
        free_b_ -= block->size_b;
    }
    return block;
}

Result<Block*> BlockStore::map(SizeClass size_class) {
    const std::size_t size_b = classes_.size_b(size_class);
    void* const pages = sys::map_pages(size_b);
    if (pages == nullptr) {
        return Error(Errc::out_of_memory);
    }
    statistics_.mapped_b += size_b;
    Block* const block = new (pages) Block;
    block->size_class = size_class;
    block->size_b = size_b;
    block->pool = pool_;
    return block;
}

void BlockStore::unmap(Block& block) noexcept {
    const std::size_t size_b = block.size_b;
    statistics_.mapped_b -= size_b;
    sys::unmap_pages(&block, size_b);
}

void BlockStore::give_up_idle_slabs() noexcept {
    for (SmallClass& small : small_) {
        if (Block* const slab = std::exchange(small.idle, nullptr)) {
            small.with_room.remove(*slab);
            idle_b_ -= slab->size_b;
            put_mapped(*slab);
        }
    }
}

/// Unmaps free blocks of `bytes` together at least: the smallest that is enough alone, or else the
/// largest ones; of a class the one that was used the longest time ago.
/// REQUIRES: bytes <= free_b_.
void BlockStore::unmap_free(std::size_t bytes) noexcept {
    while (bytes > 0) {
        BlockList* chosen = nullptr;
        for (std::size_t i = SizeClasses::slab; i < classes_.count(); ++i) {
            if (free_[i].empty()) {
                continue;
            }
            chosen = &free_[i];
            if (chosen->back()->size_b >= bytes) {
                break;
            }
        }
        SLUICE_CHECK(chosen != nullptr, "the sum of free blocks is wrong");
        Block& block = *chosen->back();
        chosen->remove(block);
        free_b_ -= block.size_b;
        bytes -= std::min(bytes, block.size_b);
        unmap(block);
    }
}

// Small blocks, cut from slabs. A slab is cut as far as it is needed, so that pages are touched
// only then.

Result<Block*> BlockStore::take_small(SizeClass size_class) {
    Result<Block*> found = slab_with_room(size_class);
    if (!found) {
        return found;
    }
    Block& slab = **found;
    SmallClass& small = small_[size_class];
    if (small.idle == &slab) {
        small.idle = nullptr;
        idle_b_ -= slab.size_b;
    }
    Cuts& cuts = payload_as<Cuts>(slab);
    Block* block = cuts.free;
    if (block != nullptr) {
        cuts.free = std::exchange(block->next, nullptr);
    } else {
        block = cut(slab, size_class);
    }
    ++cuts.in_use;
    if (!has_room(slab, size_class)) {
        small.with_room.remove(slab);
    }
    return block;
}

void BlockStore::put_small(Block& block) noexcept {
    Block& slab = *block.home;
    SmallClass& small = small_[block.size_class];
    if (has_room(slab, block.size_class)) {
        small.with_room.remove(slab);
    }
    Cuts& cuts = payload_as<Cuts>(slab);
    block.next = std::exchange(cuts.free, &block);
    small.with_room.push_front(slab);
    if (--cuts.in_use > 0) {
        return;
    }
    if (Block* const colder = std::exchange(small.idle, &slab)) {
        small.with_room.remove(*colder);
        put_mapped(*colder);
    } else {
        idle_b_ += slab.size_b;
    }
}

Result<Block*> BlockStore::slab_with_room(SizeClass size_class) {
    BlockList& with_room = small_[size_class].with_room;
    if (!with_room.empty()) {
        return with_room.front();
    }
    Result<Block*> taken = take_mapped(SizeClasses::slab);
    if (taken) {
        Cuts& cuts = *new (payload(**taken)) Cuts;
        cuts.uncut_at = block_header_b + block_payload_b_min;
        with_room.push_front(**taken);
    }
    return taken;
}

Block* BlockStore::cut(Block& slab, SizeClass size_class) noexcept {
    Cuts& cuts = payload_as<Cuts>(slab);
    Block* const block = new (reinterpret_cast<std::byte*>(&slab) + cuts.uncut_at) Block;
    block->size_class = size_class;
    block->size_b = classes_.size_b(size_class);
    block->pool = pool_;
    block->home = &slab;
    cuts.uncut_at += block->size_b;
    return block;
}

bool BlockStore::has_room(Block& slab, SizeClass size_class) const noexcept {
    const Cuts& cuts = payload_as<Cuts>(slab);
    return cuts.free != nullptr || classes_.size_b(size_class) <= slab.size_b - cuts.uncut_at;
}

}  // namespace sluice::detail
