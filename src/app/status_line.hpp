/// How all stages are, on one line.
#pragma once

#include <string>

#include "app/stage_view.hpp"

namespace sluice::app {

/// `12:00:01 lidar up 4.9 MB/s 4,070 pkt/s published 1.2 GB | gnss waiting (connection_refused,
/// retry in 3 s) | show 1,200 delivered 64 queued 3 dropped`, without line end.
[[nodiscard]] std::string status_line(const RunView& view);

}  // namespace sluice::app
