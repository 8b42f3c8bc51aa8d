/// Bytes as a configuration spells them in hexadecimal.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "sluice/core/result.hpp"

namespace sluice {

/// `0d0a` or `0d 0a`: two digits for each byte, any case, spaces between bytes. Fails with
/// `invalid_argument`; the detail says which character is wrong, as in "has 'g' as character 3".
[[nodiscard]] Result<std::vector<std::byte>> parse_hex(std::string_view text);

}  // namespace sluice
