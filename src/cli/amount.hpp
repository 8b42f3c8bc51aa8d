/// Numbers with their nouns.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::cli {

/// `1 frame`, `2 frames`.
[[nodiscard]] inline std::string amount(std::uint64_t number, const std::string& noun) {
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

}  // namespace sluice::cli
