#include "sluice/sys/futex.hpp"

#include "sim/state.hpp"

namespace sluice::sys {

/// There is no other thread that could change the word: only events of the world can.
bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                SteadyTime deadline) noexcept {
    sim::State& world = sim::world();
    while (word.load() == expected) {
        if (!world.wait_step(deadline)) {
            return false;
        }
    }
    return true;
}

void futex_wake_all(const std::atomic<std::uint32_t>&) noexcept {}

}  // namespace sluice::sys
