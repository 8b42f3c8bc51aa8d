/// The command line of `sluice run`.
#pragma once

#include "cli/command.hpp"

namespace sluice::cli {

[[nodiscard]] Command add_run(CLI::App& app);

}  // namespace sluice::cli
