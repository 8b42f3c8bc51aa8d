/// Numbers as a user writes them.
#pragma once

#include <charconv>
#include <string>

#include "sluice/core/result.hpp"

namespace sluice::cli {

/// All of the text as a number; `allowed` says what the option takes.
template <typename Number>
[[nodiscard]] Result<Number> parse_number(const std::string& option, const std::string& text,
                                          const std::string& allowed) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end) {
        return Error(Errc::invalid_argument, option + " \"" + text + "\"; allowed are " + allowed);
    }
    return number;
}

}  // namespace sluice::cli
