/// The command line of `sluice check`.
#pragma once

#include "cli/command.hpp"

namespace sluice::cli {

[[nodiscard]] Command add_check(CLI::App& app);

}  // namespace sluice::cli
