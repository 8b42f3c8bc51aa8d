/// Durations as a user writes them.
#pragma once

#include <string_view>

#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"

namespace sluice::cli {

/// `250ms`, `2s`, `1.5s`, `3m`; also `0`. From 1 ms to 24 h, or 0. Fails with `invalid_argument`.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

}  // namespace sluice::cli
