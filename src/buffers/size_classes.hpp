/// The sizes in which blocks come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "buffers/block.hpp"

namespace sluice::detail {

using SizeClass = std::uint8_t;

/// Classes count from 0, in the order of their size, each twice the one before except that from the
/// largest small class the next step is the slab:
///
///     128 B, 256 B, ... 8 KiB     cut from slabs (small)
///     slab                        mapped
///     2 slabs, 4 slabs, ...       mapped; as long as one fits into the pool
class SizeClasses {
  public:
    static constexpr SizeClass small_count = 7;
    static constexpr SizeClass smallest = 0;
    static constexpr SizeClass slab = small_count;
    /// More than there can be.
    static constexpr std::size_t count_max = 64;

    SizeClasses(std::size_t slab_size_b, std::size_t pool_size_b);

    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    /// Of a whole block.
    [[nodiscard]] std::size_t size_b(SizeClass size_class) const noexcept {
        return size_class < small_count ? block_size_b_min << size_class
                                        : slab_size_b_ << (size_class - slab);
    }

    /// The smallest whose blocks have a payload of `bytes`; none if there is no such class.
    [[nodiscard]] std::optional<SizeClass> find(std::size_t bytes) const noexcept;

  private:
    std::size_t slab_size_b_;
    std::size_t count_ = slab + 1;
};

/// The largest block that is cut from a slab.
inline constexpr std::size_t small_size_b_max = block_size_b_min << (SizeClasses::small_count - 1);

}  // namespace sluice::detail
