#include "net/backoff.hpp"

namespace sluice::net {

Duration Backoff::next(std::uint64_t random_bits) noexcept {
    const Duration half = current_ / 2;
    const auto range = static_cast<std::uint64_t>((current_ - half).count()) + 1;
    const Duration delay = half + Duration(static_cast<std::int64_t>(random_bits % range));
    current_ = current_ > max_ / 2 ? max_ : current_ * 2;
    return delay;
}

}  // namespace sluice::net
