/// What is wrong with a configuration, on standard error.
#pragma once

#include <cstddef>
#include <optional>

#include "sluice/app/config_problem.hpp"
#include "sluice/app/pipeline_config.hpp"
#include "sluice/app/yaml.hpp"

namespace sluice::app {

/// A configuration that was read, and what it points into.
struct LoadedConfig {
    std::optional<ConfigDocument> document;
    PipelineConfig pipeline;
};

/// Reads the file that `problems` is about; with errors there the result is of no use.
[[nodiscard]] LoadedConfig load_config(const StageRegistry& registry, ConfigProblems& problems);

/// Prints all problems, a line each. Returns exit_ok, or exit_config if there are errors.
int tell_problems(const ConfigProblems& problems);

}  // namespace sluice::app
