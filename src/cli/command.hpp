/// A subcommand as `main` sees it.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace sluice::cli {

/// What a subcommand's `add_NAME(CLI::App&)` returns once it has added its options.
struct Command {
    const CLI::App* parsed = nullptr;  ///< Tells whether it is the one that was asked for.
    /// Checks what was given, runs the command and returns an ExitStatus. Owns the arguments that
    /// CLI11 writes to, so it must be kept while `parsed` parses.
    std::function<int()> run;
};

}  // namespace sluice::cli
