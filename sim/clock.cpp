#include "sluice/sys/clock.hpp"

#include "sim/state.hpp"

namespace sluice::sys {

SteadyTime now() noexcept {
    return sim::world().steady;
}

SystemTime system_now() noexcept {
    return sim::world().system;
}

}  // namespace sluice::sys
