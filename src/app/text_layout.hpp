/// Texts in lines and columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::app {

/// The words of `text` on lines of at most `width` columns, each begun with `indent` spaces and
/// ended with '\n'. A longer word has a line of its own.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

/// One line for each row, its cells two columns apart and as wide as the widest of all rows:
/// `alignment` has 'l' or 'r' for each column. A row may have fewer cells than others.
[[nodiscard]] std::vector<std::string> in_columns(const std::vector<std::vector<std::string>>& rows,
                                                  std::string_view alignment);

}  // namespace sluice::app
