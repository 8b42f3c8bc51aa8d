/// How long to wait before the next attempt.
#pragma once

#include <cstdint>

#include "sluice/core/time.hpp"

namespace sluice::net {

/// Delays that are uniform in [d/2, d], so that a fleet does not dial in step; d begins at
/// `initial` and doubles up to `max`.
class Backoff final {
  public:
    /// REQUIRES: 0 < initial <= max.
    Backoff(Duration initial, Duration max) : initial_(initial), max_(max), current_(initial) {}

    /// The next delay, from 64 random bits.
    [[nodiscard]] Duration next(std::uint64_t random_bits) noexcept;
    void reset() noexcept { current_ = initial_; }

  private:
    Duration initial_;
    Duration max_;
    Duration current_;
};

}  // namespace sluice::net
