/// The header at the front of every block of a pool.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace sluice::detail {

class PoolState;

/// What a block is used for.
enum class BlockKind : std::uint8_t {
    memory,   ///< Its payload is the user's.
    lease,    ///< Stands for an account's share of a slab (`parent`); no payload.
    wrap,     ///< Stands for memory that the user lends; its payload is a WrapData.
    account,  ///< Its payload is an AccountData.
};

/// A block is this header and, right behind it, its payload. Whoever holds a reference may read the
/// fields; only `references` changes while the block is outside the pool.
struct Block {
    std::atomic<std::uint32_t> references{0};
    BlockKind kind = BlockKind::memory;
    std::uint8_t size_class = 0;
    std::size_t size_b = 0;     ///< Of the whole block, this header included.
    PoolState* pool = nullptr;  ///< Where it goes when the last reference is dropped.
    Block* home = nullptr;      ///< The slab that it was cut from; null if it was mapped itself.
    Block* next = nullptr;      ///< In a list of the pool's.
    Block* previous = nullptr;
    Block* parent = nullptr;   ///< Of a lease: the slab, of which it holds a reference.
    Block* account = nullptr;  ///< Charged with this block, which holds a reference of it.
};

/// `acquire(n)` adds this; a cache line, so that payloads are aligned to one.
inline constexpr std::size_t block_header_b = 64;
static_assert(sizeof(Block) == block_header_b);

/// The smallest block, and what fits in it.
inline constexpr std::size_t block_size_b_min = 128;
inline constexpr std::size_t block_payload_b_min = block_size_b_min - block_header_b;

[[nodiscard]] inline std::byte* payload(Block& block) noexcept {
    return reinterpret_cast<std::byte*>(&block) + block_header_b;
}

/// The pool's own data in a block's payload, begun by `new (payload(block)) T`.
template <typename T>
[[nodiscard]] T& payload_as(Block& block) noexcept {
    static_assert(sizeof(T) <= block_payload_b_min);
    static_assert(alignof(T) <= block_header_b);
    static_assert(std::is_trivially_destructible_v<T>, "nothing destroys it");
    return *std::launder(reinterpret_cast<T*>(payload(block)));
}

}  // namespace sluice::detail
