#include "sluice/sys/random.hpp"

#include <sys/random.h>

#include "sluice/core/check.hpp"

namespace sluice::sys {

std::uint64_t random_bits() noexcept {
    std::uint64_t bits = 0;
    // Up to 256 bytes are never cut short once the kernel's generator is seeded (getrandom(2)).
    const ssize_t got = ::getrandom(&bits, sizeof bits, 0);
    SLUICE_CHECK(got == static_cast<ssize_t>(sizeof bits), "the kernel gives no random numbers");
    return bits;
}

}  // namespace sluice::sys
