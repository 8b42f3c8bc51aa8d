/// The seam: random numbers.
#pragma once

#include <cstdint>

namespace sluice::sys {

/// 64 uniform bits; for jitter and seeds, not for secrets. Any thread.
[[nodiscard]] std::uint64_t random_bits() noexcept;

}  // namespace sluice::sys
