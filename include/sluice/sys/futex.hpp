/// The seam: sleeping until another thread changes a word. For `sync` only.
#pragma once

#include <atomic>
#include <cstdint>

#include "sluice/core/time.hpp"

namespace sluice::sys {

/// Sleeps while `word` holds `expected`, until woken or until `deadline`. May also return for no
/// reason: the caller looks at the word again. Returns false when the deadline is over.
bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                SteadyTime deadline) noexcept;

/// Wakes every thread that sleeps on `word`.
void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept;

}  // namespace sluice::sys
