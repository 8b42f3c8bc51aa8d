#include "sluice/sys/random.hpp"

#include "sim/state.hpp"

namespace sluice::sys {

std::uint64_t random_bits() noexcept {
    return sim::world().program_random.next();
}

}  // namespace sluice::sys
