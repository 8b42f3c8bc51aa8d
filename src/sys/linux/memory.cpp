#include "sluice/sys/memory.hpp"

#include <sys/mman.h>

namespace sluice::sys {

void* map_pages(std::size_t bytes) noexcept {
    void* pages =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? nullptr : pages;
}

void unmap_pages(void* pages, std::size_t bytes) noexcept {
    ::munmap(pages, bytes);
}

}  // namespace sluice::sys
