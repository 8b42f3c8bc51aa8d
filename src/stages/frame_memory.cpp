#include "stages/frame_memory.hpp"

#include <algorithm>

#include "sluice/buffers/buffer_pool.hpp"

namespace sluice {
namespace {

constexpr std::uint64_t pool_size_b_default = std::uint64_t{16} * 1024 * 1024;
/// What may stand in the block besides the frame.
constexpr std::size_t beside_b = 64;

/// The block of one frame.
std::uint64_t frame_block_b(const Framer& framer, std::uint64_t slab_size_b) {
    return std::max(slab_size_b, block_size_b(framer.frame_b_max() + beside_b,
                                              static_cast<std::size_t>(slab_size_b)));
}

/// A frame with escapes is there twice: as it came, and without them.
std::uint64_t blocks_of(const Framer& framer) {
    return framer.is_escaped() ? 2 : 1;
}

}  // namespace

std::uint64_t default_pool_size_b(const Framer* framer, std::uint64_t slab_size_b) {
    if (framer == nullptr) {
        return pool_size_b_default;
    }
    return std::max(pool_size_b_default,
                    2 * blocks_of(*framer) * frame_block_b(*framer, slab_size_b));
}

std::string frame_memory_problem(const Framer& framer, std::uint64_t pool_size_b,
                                 std::uint64_t slab_size_b) {
    const std::uint64_t block_b = frame_block_b(framer, slab_size_b);
    const std::uint64_t blocks = blocks_of(framer);
    // A pool has no blocks of more than half of it.
    const std::uint64_t needed_b = std::max(2 * block_b, blocks * block_b + 2 * slab_size_b);
    if (pool_size_b >= needed_b) {
        return {};
    }
    return "is " + std::to_string(pool_size_b) + "; a frame of up to " +
           std::to_string(framer.frame_b_max()) + " bytes takes " +
           (blocks > 1 ? "two blocks of " : "a block of ") + std::to_string(block_b) +
           ", no more than half the pool each, beside two slabs of " + std::to_string(slab_size_b) +
           ": allowed are " + std::to_string(needed_b) +
           " bytes and more, or a smaller "
           "max_frame_length";
}

}  // namespace sluice
