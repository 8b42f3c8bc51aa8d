/// A configuration that was filled in by a program, without a file: judged when its stage starts.
#pragma once

#include "sluice/core/describe.hpp"
#include "sluice/core/result.hpp"

namespace sluice {

/// Ranges and everything that the description checks. `invalid_argument`; the detail holds all that
/// is wrong, but no warnings.
[[nodiscard]] Result<void> validate(const StructDescription& description, const void* config);

}  // namespace sluice
