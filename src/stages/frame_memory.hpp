/// How much memory a pool needs so that frames can be received into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "sluice/framing/framer.hpp"

namespace sluice {

/// Of a FramerStage's pool.
inline constexpr std::uint64_t framer_slab_size_b = std::uint64_t{256} * 1024;

/// 16 MiB, or twice what the longest frame takes if that is more. `framer` may be null.
[[nodiscard]] std::uint64_t default_pool_size_b(const Framer* framer, std::uint64_t slab_size_b);

/// Why a pool cannot hold the longest frame beside two slabs, as it ends a sentence that begins
/// with the key of its size; empty if it can.
[[nodiscard]] std::string frame_memory_problem(const Framer& framer, std::uint64_t pool_size_b,
                                               std::uint64_t slab_size_b);

}  // namespace sluice
