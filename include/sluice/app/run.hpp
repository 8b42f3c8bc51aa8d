/// What `sluice run`, `check` and `stages` do, for programs with stages of their own.
#pragma once

#include <optional>
#include <string>

#include "sluice/app/stage_registry.hpp"
#include "sluice/core/time.hpp"

namespace sluice::app {

struct RunOptions {
    std::string config_path;
    std::optional<Duration> duration;  ///< Ends by itself after this long.
    /// Every `socket_stats` is a line of JSON on standard output; else a table (on a terminal) or a
    /// line a second tells on standard error how the stages are.
    bool json = false;
};

/// Reads the file, assembles the pipeline and runs it until SIGINT or SIGTERM (a second one ends
/// the process at once), the end of `duration`, or a stage that asks for the end; then prints the
/// ledger of each stage. Returns an ExitStatus: 0; 78 with all errors of the configuration on
/// standard error; 69, 71 or 77 when the machine does not allow it; 74 when standard output cannot
/// be written; 70 when a sum of the ledger does not hold; 128 + N after signal N. Call before any
/// other thread exists.
[[nodiscard]] int run_command(const RunOptions& options, const StageRegistry& registry);

/// Prints the pipeline and its worst-case memory on standard output. Returns 0, or 78 with all
/// errors on standard error.
[[nodiscard]] int check_command(const std::string& config_path, const StageRegistry& registry);

/// Prints every kind of stage with its keys, defaults and channels on standard output; with a
/// `type`, only that one. Returns 0, or 64 for a type that does not exist.
[[nodiscard]] int stages_command(const std::string& type, const StageRegistry& registry);

/// Prints docs/configuration.md, the reference of all keys, on standard output. Returns 0.
[[nodiscard]] int reference_command(const StageRegistry& registry);

}  // namespace sluice::app
