/// The seam: pages, for pools only.
#pragma once

#include <cstddef>

namespace sluice::sys {

/// `bytes` of zeroed, page-aligned memory whose pages cost nothing before they are touched, or
/// null when the kernel gives none. REQUIRES: bytes > 0.
[[nodiscard]] void* map_pages(std::size_t bytes) noexcept;

/// Gives back what `map_pages(bytes)` gave.
void unmap_pages(void* pages, std::size_t bytes) noexcept;

}  // namespace sluice::sys
