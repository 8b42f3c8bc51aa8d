/// `sluice frames`: the inspector of captures.
#pragma once

#include "cli/command.hpp"

namespace sluice::cli {

[[nodiscard]] Command add_frames(CLI::App& app);

}  // namespace sluice::cli
