/// The command line of `sluice stages`.
#pragma once

#include "cli/command.hpp"

namespace sluice::cli {

[[nodiscard]] Command add_stages(CLI::App& app);

}  // namespace sluice::cli
