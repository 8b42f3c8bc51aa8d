#include "sluice/sys/memory.hpp"

#include <sys/mman.h>

#include "sim/state.hpp"
#include "sluice/core/check.hpp"

namespace sluice::sys {
namespace {

constexpr std::size_t page_bytes = 4096;

/// With a page behind them that nobody may touch: running over the end is a crash.
std::size_t size_with_guard(std::size_t bytes) {
    return (bytes + page_bytes - 1) / page_bytes * page_bytes + page_bytes;
}

}  // namespace

void* map_pages(std::size_t bytes) noexcept {
    sim::State& world = sim::world();
    if (bytes > world.limits.memory_b_max ||
        world.mapped_bytes > world.limits.memory_b_max - bytes) {
        return nullptr;
    }
    const std::size_t size = size_with_guard(bytes);
    void* const pages =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return nullptr;
    }
    ::mprotect(static_cast<char*>(pages) + size - page_bytes, page_bytes, PROT_NONE);
    world.mappings.emplace(pages, bytes);
    world.mapped_bytes += bytes;
    world.trace("map", 0, bytes);
    return pages;
}

void unmap_pages(void* pages, std::size_t bytes) noexcept {
    sim::State& world = sim::world();
    const auto found = world.mappings.find(pages);
    SLUICE_CHECK(found != world.mappings.end() && found->second == bytes,
                 "pages are given back as they were mapped");
    world.mappings.erase(found);
    world.mapped_bytes -= bytes;
    world.trace("unmap", 0, bytes);
    ::munmap(pages, size_with_guard(bytes));
}

}  // namespace sluice::sys
