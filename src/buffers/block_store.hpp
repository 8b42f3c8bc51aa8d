/// The pages of a pool and the blocks in them.
#pragma once

#include <array>
#include <cstddef>

#include "buffers/block.hpp"
#include "buffers/block_list.hpp"
#include "buffers/size_classes.hpp"
#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/core/result.hpp"

namespace sluice::detail {

/// Maps pages on demand, never more than the limit, and gives them out as blocks by size class. A
/// block that is put back stays mapped and is the first of its class to be given out again. Once
/// the limit is reached, what another class keeps for reuse is given up for the class in need.
///
/// Not thread-safe: PoolState locks.
class BlockStore {
  public:
    /// Blocks are marked as `pool`'s. REQUIRES: validate(options).
    BlockStore(const BufferPoolOptions& options, PoolState* pool);
    /// REQUIRES: all blocks are back.
    ~BlockStore();
    BlockStore(const BlockStore&) = delete;
    BlockStore& operator=(const BlockStore&) = delete;

    /// A block of kind `memory` with one reference. Errors: `would_block` when the limit leaves no
    /// room now, `out_of_memory` when the kernel gives no pages.
    [[nodiscard]] Result<Block*> take(SizeClass size_class);
    /// Takes back what `take` gave, whatever its kind became.
    void put(Block& block) noexcept;
    /// Whether `take` would find room within the limit.
    [[nodiscard]] bool can_take(SizeClass size_class) const noexcept;

    [[nodiscard]] const SizeClasses& classes() const noexcept { return classes_; }
    [[nodiscard]] const BufferPoolStatistics& statistics() const noexcept { return statistics_; }

  private:
    /// What a slab that was cut into small blocks has in its payload.
    struct Cuts {
        Block* free = nullptr;     // blocks that came back, linked by `next`, the last one first
        std::size_t uncut_at = 0;  // from here on, counted from the slab's front, it is still whole
        std::size_t in_use = 0;
    };
    struct SmallClass {
        BlockList with_room;    // slabs that have a block to give; the one to use is at the front
        Block* idle = nullptr;  // one of them of which nothing is in use, kept for the next `take`
    };

    [[nodiscard]] Result<Block*> take_mapped(SizeClass size_class);
    void put_mapped(Block& block) noexcept;
    [[nodiscard]] Block* reuse(SizeClass size_class) noexcept;
    [[nodiscard]] Result<Block*> map(SizeClass size_class);
    void unmap(Block& block) noexcept;
    void give_up_idle_slabs() noexcept;
    void unmap_free(std::size_t bytes) noexcept;

    [[nodiscard]] Result<Block*> take_small(SizeClass size_class);
    void put_small(Block& block) noexcept;
    [[nodiscard]] Result<Block*> slab_with_room(SizeClass size_class);
    [[nodiscard]] Block* cut(Block& slab, SizeClass size_class) noexcept;
    [[nodiscard]] bool has_room(Block& slab, SizeClass size_class) const noexcept;

    const SizeClasses classes_;
    PoolState* const pool_;
    std::array<BlockList, SizeClasses::count_max> free_;  // mapped ones, the last one first
    std::array<SmallClass, SizeClasses::small_count> small_;
    std::size_t free_b_ = 0;  // in free_
    std::size_t idle_b_ = 0;  // in idle slabs of small classes
    BufferPoolStatistics statistics_;
};

}  // namespace sluice::detail
