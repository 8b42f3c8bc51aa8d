/// What is wrong with a command line that CLI11 refused.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace sluice::cli {

/// One line: what was given and what is allowed. An unknown option or command of `app` or of its
/// parsed subcommand comes first, with the known one nearest to it: it is often the cause of what
/// else CLI11 found.
[[nodiscard]] std::string usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace sluice::cli
