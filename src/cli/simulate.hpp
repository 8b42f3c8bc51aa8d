/// `sluice simulate`: a device on this machine.
#pragma once

#include "cli/command.hpp"

namespace sluice::cli {

[[nodiscard]] Command add_simulate(CLI::App& app);

}  // namespace sluice::cli
