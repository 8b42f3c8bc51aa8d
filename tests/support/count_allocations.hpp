/// Counts what a test program allocates: replaces operator new and delete, so that it is included
/// by one file of a program, and not with the sanitizers, which have an allocator of their own.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace sluice::test {

/// Since the start, by the calling thread.
inline thread_local std::uint64_t allocations_of_thread = 0;
/// Since the start, by all threads.
inline std::atomic<std::uint64_t> allocations{0};
/// What all threads hold now, and the most that it ever was; as the allocator rounds it.
inline std::atomic<std::size_t> allocated_b{0};
inline std::atomic<std::size_t> allocated_b_max{0};

namespace detail {

inline void* allocate(std::size_t bytes, std::size_t alignment) {
    ++allocations_of_thread;
    allocations.fetch_add(1, std::memory_order_relaxed);
    void* memory = nullptr;
    if (::posix_memalign(&memory, std::max(alignment, sizeof(void*)), bytes) != 0) {
        throw std::bad_alloc();
    }
    const std::size_t more_b = ::malloc_usable_size(memory);
    const std::size_t held_b = allocated_b.fetch_add(more_b, std::memory_order_relaxed) + more_b;
    std::size_t most_b = allocated_b_max.load(std::memory_order_relaxed);
    while (most_b < held_b &&
           !allocated_b_max.compare_exchange_weak(most_b, held_b, std::memory_order_relaxed)) {
    }
    return memory;
}

inline void release(void* memory) noexcept {
    allocated_b.fetch_sub(::malloc_usable_size(memory), std::memory_order_relaxed);
    std::free(memory);
}

}  // namespace detail
}  // namespace sluice::test

// Not inlined, or g++ would see memory of posix_memalign meet a delete, and warn.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    return sluice::test::detail::allocate(bytes, 0);
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return sluice::test::detail::allocate(bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    sluice::test::detail::release(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    sluice::test::detail::release(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
    sluice::test::detail::release(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    sluice::test::detail::release(memory);
}
