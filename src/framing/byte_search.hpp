/// Looking for a few bytes in many.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

namespace sluice {

inline constexpr std::size_t not_found = static_cast<std::size_t>(-1);

/// Where `wanted` first stands in `bytes`, from `begin` on. REQUIRES: !wanted.empty().
[[nodiscard]] inline std::size_t find_bytes(std::span<const std::byte> bytes, std::size_t begin,
                                            std::span<const std::byte> wanted) noexcept {
    // For so few bytes this is faster than memmem.
    while (begin < bytes.size() && bytes.size() - begin >= wanted.size()) {
        const std::size_t places = bytes.size() - begin - (wanted.size() - 1);
        const void* const found =
            std::memchr(bytes.data() + begin, std::to_integer<int>(wanted.front()), places);
        if (found == nullptr) {
            return not_found;
        }
        begin = static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
        if (std::memcmp(found, wanted.data(), wanted.size()) == 0) {
            return begin;
        }
        ++begin;
    }
    return not_found;
}

/// How many bytes at the end of `bytes` are the longest begin of `wanted` there, but not all of it.
[[nodiscard]] inline std::size_t begun_b(std::span<const std::byte> bytes,
                                         std::span<const std::byte> wanted) noexcept {
    std::size_t count = std::min(wanted.size() - 1, bytes.size());
    while (count > 0 && !std::ranges::equal(bytes.last(count), wanted.first(count))) {
        --count;
    }
    return count;
}

}  // namespace sluice
