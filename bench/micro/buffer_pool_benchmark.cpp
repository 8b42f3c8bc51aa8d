/// Taking a block from the pool and filling it, beside its rivals: operator new, and pages mapped
/// anew each time. Filling belongs to it, because what a block costs is mostly the state of its
/// pages and of the cache.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <span>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/buffers/receive_buffer.hpp"
#include "sluice/sys/memory.hpp"

namespace {

constexpr std::size_t slab_payload_b = 256 * 1024 - 64;
constexpr std::size_t MiB = 1024 * 1024;

void fill(benchmark::State& state, std::span<std::byte> memory) {
    std::memset(memory.data(), static_cast<int>(state.iterations() & 0xff), memory.size());
    benchmark::DoNotOptimize(memory.data());
    benchmark::ClobberMemory();
}

void count_bytes(benchmark::State& state) {
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

void pool_block(benchmark::State& state) {
    sluice::BufferPool pool;
    for (auto _ : state) {
        sluice::Buffer buffer = *pool.acquire(static_cast<std::size_t>(state.range(0)));
        fill(state, buffer.writable());
    }
    count_bytes(state);
}

void operator_new(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        void* const memory = ::operator new(size);
        fill(state, {static_cast<std::byte*>(memory), size});
        ::operator delete(memory);
    }
    count_bytes(state);
}

void fresh_pages(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        void* const memory = sluice::sys::map_pages(size);
        fill(state, {static_cast<std::byte*>(memory), size});
        sluice::sys::unmap_pages(memory, size);
    }
    count_bytes(state);
}

BENCHMARK(pool_block)->Arg(64)->Arg(slab_payload_b)->Arg(MiB);
BENCHMARK(operator_new)->Arg(64)->Arg(slab_payload_b)->Arg(MiB);
BENCHMARK(fresh_pages)->Arg(slab_payload_b)->Arg(MiB);

/// What a receive pays for being cut off as a Buffer; the rival copies it into a block of its own.
void slice_a_receive(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    sluice::BufferPool pool;
    sluice::ReceiveBuffer receiver(pool, 64 * 1024);
    sluice::BufferAccount account = *pool.open_account(MiB);
    for (auto _ : state) {
        benchmark::DoNotOptimize(receiver.writable(account)->data());
        benchmark::DoNotOptimize(receiver.take(size, account));
    }
    count_bytes(state);
}

void copy_a_receive(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    sluice::BufferPool pool;
    const sluice::Buffer received = *pool.acquire(size);
    for (auto _ : state) {
        void* const memory = ::operator new(size);
        std::memcpy(memory, received.data(), size);
        benchmark::DoNotOptimize(memory);
        benchmark::ClobberMemory();
        ::operator delete(memory);
    }
    count_bytes(state);
}

BENCHMARK(slice_a_receive)->Arg(1206)->Arg(64 * 1024);
BENCHMARK(copy_a_receive)->Arg(1206)->Arg(64 * 1024);

}  // namespace
