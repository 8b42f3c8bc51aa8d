/// Words in messages about a text.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sluice {

/// On one line, in printable ASCII, not too long.
[[nodiscard]] std::string quoted(std::string_view text);

/// `did you mean "slip"?`, if one of the words is near; else all of them: `allowed are ...`.
[[nodiscard]] std::string nearest(std::string_view given, std::span<const std::string_view> words);

}  // namespace sluice
