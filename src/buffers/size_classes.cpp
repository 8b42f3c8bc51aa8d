#include "buffers/size_classes.hpp"

#include <bit>

namespace sluice::detail {

SizeClasses::SizeClasses(std::size_t slab_size_b, std::size_t pool_size_b)
    : slab_size_b_(slab_size_b) {
    for (std::size_t size = slab_size_b; size <= pool_size_b / 2; size *= 2) {
        ++count_;
    }
}

std::optional<SizeClass> SizeClasses::find(std::size_t bytes) const noexcept {
    const auto largest = static_cast<SizeClass>(count_ - 1);
    if (bytes > size_b(largest) - block_header_b) {
        return std::nullopt;
    }
    const std::size_t block_b = bytes + block_header_b;
    if (block_b <= block_size_b_min) {
        return smallest;
    }
    const bool is_small = block_b <= small_size_b_max;
    if (!is_small && block_b <= slab_size_b_) {
        return slab;
    }
    const std::size_t smallest_b = is_small ? block_size_b_min : slab_size_b_;
    const auto steps = std::bit_width(block_b - 1) - std::bit_width(smallest_b - 1);
    return static_cast<SizeClass>(static_cast<std::size_t>(steps) + (is_small ? smallest : slab));
}

}  // namespace sluice::detail
