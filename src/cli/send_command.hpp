/// The command line of `sluice send`.
#pragma once

#include "cli/command.hpp"

namespace sluice::cli {

[[nodiscard]] Command add_send(CLI::App& app);

}  // namespace sluice::cli
