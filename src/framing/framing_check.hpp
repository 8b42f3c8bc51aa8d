/// What can be wrong with a Framing.
#pragma once

#include <vector>

#include "sluice/framing/framing.hpp"

namespace sluice {

/// Adds everything that is wrong, each under its key.
void check_framing(const Framing& framing, std::vector<Complaint>& complaints);

}  // namespace sluice
