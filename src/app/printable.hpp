/// Texts of unknown origin on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace sluice::app {

/// The text with control characters and invalid UTF-8 as \xNN.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace sluice::app
