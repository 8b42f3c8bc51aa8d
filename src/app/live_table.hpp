/// The table that a terminal shows while a pipeline runs.
#pragma once

#include <string>
#include <vector>

#include "app/stage_view.hpp"

namespace sluice::app {

/// Its lines, at most `lines_max`, without line ends: a row for each connection, then a row for
/// each stage that receives or publishes messages. The columns that matter most come first, since
/// a narrow terminal cuts the others.
[[nodiscard]] std::vector<std::string> live_table(const RunView& view, std::size_t lines_max);

}  // namespace sluice::app
