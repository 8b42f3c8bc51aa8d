/// What the tests of this room have in common: the smallest pools, and their arithmetic.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/buffers/buffer_pool.hpp"

namespace sluice::test {

inline constexpr std::size_t header_b = 64;
inline constexpr std::size_t block_b_min = 128;
inline constexpr std::size_t slab_b = 16 * 1024;
inline constexpr std::size_t slab_capacity = slab_b - header_b;

/// Of so many of the smallest slabs.
inline BufferPoolOptions pool_of(std::size_t slabs) {
    return {.size_b = slabs * slab_b, .slab_size_b = slab_b};
}

inline std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

inline std::string as_text(const Buffer& buffer) {
    return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

inline void write(std::span<std::byte> target, std::string_view text) {
    const std::span<const std::byte> source = as_bytes(text);
    std::copy(source.begin(), source.end(), target.begin());
}

/// Everything that the pool has, as slabs.
inline std::vector<Buffer> take_all_slabs(BufferPool& pool) {
    std::vector<Buffer> slabs;
    for (Result<Buffer> slab = pool.acquire_slab(); slab; slab = pool.acquire_slab()) {
        slabs.push_back(*std::move(slab));
    }
    return slabs;
}

}  // namespace sluice::test
