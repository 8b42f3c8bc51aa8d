/// `--framing F`, as several commands take it.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "sluice/core/result.hpp"
#include "sluice/framing/framing.hpp"

namespace sluice::cli {

CLI::Option* add_framing_option(CLI::App& command, std::optional<std::string>& text);

/// Framing::parse, whose error names the option.
[[nodiscard]] Result<Framing> parse_framing_option(const std::string& text);

}  // namespace sluice::cli
