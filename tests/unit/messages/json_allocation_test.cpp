#include "sluice/messages/json.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "sluice/messages/socket_stats.hpp"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

// Counts every allocation of this program; the heap itself stays as it is. Not inlined, or g++
// would see a malloc meet a delete, and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size > 0 ? size : 1)) {
        return memory;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace sluice {
namespace {

TEST(JsonAllocation, TheCounterCounts) {
    const std::size_t before = allocations;
    ::operator delete(::operator new(1));
    EXPECT_GE(allocations - before, 1u);
}

TEST(JsonAllocation, StatisticsAllocateNothingWhileThereIsRoom) {
    SocketStats stats;
    stats.stage = "a name that is no short string, to be \"escaped\"\n\xFF";
    std::string out;
    append_json(out, stats);  // makes the descriptions
    out.clear();
    const std::size_t before = allocations;
    append_json(out, stats);
    EXPECT_EQ(allocations - before, 0u);
}

}  // namespace
}  // namespace sluice
