/// What is wrong with a command line, and how that is told.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "sluice/core/error.hpp"

namespace sluice::cli {

/// One line: what was given and what is allowed. An unknown option or command of `app` or of its
/// parsed subcommand comes first, with the known one nearest to it: it is often the cause of what
/// else CLI11 found.
[[nodiscard]] std::string usage_error(const CLI::App& app, const CLI::ParseError& error);

/// The error of a value, after the option that it was given for.
[[nodiscard]] Error of_option(const std::string& option, const Error& error);

/// Tells on standard error what is wrong and which `command` has `--help`; returns exit_usage.
[[nodiscard]] int refuse(const std::string& message, const std::string& command);

}  // namespace sluice::cli
