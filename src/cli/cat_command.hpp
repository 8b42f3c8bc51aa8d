/// The command line of `sluice cat`.
#pragma once

#include "cli/command.hpp"

namespace sluice::cli {

[[nodiscard]] Command add_cat(CLI::App& app);

}  // namespace sluice::cli
