#include "framing/words.hpp"

#include <algorithm>
#include <vector>

namespace sluice {
namespace {

constexpr std::size_t shown_b_max = 80;

/// How many letters must be added, taken away or changed.
std::size_t distance(std::string_view one, std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    for (std::size_t j = 0; j <= other.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= one.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= other.size(); ++j) {
            const std::size_t changed = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[other.size()];
}

}  // namespace

std::string quoted(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string shown = "\"";
    for (const char c : text.substr(0, shown_b_max)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c >= ' ' && c <= '~') {
            shown += c;
        } else {
            shown += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
        }
    }
    return shown + (text.size() > shown_b_max ? "...\"" : "\"");
}

std::string nearest(std::string_view given, std::span<const std::string_view> words) {
    given = given.substr(0, shown_b_max);
    const auto found = std::ranges::min_element(
        words, {}, [given](std::string_view word) { return distance(given, word); });
    if (given.size() > 2 && distance(given, *found) <= (given.size() + 2) / 3) {
        return "did you mean \"" + std::string(*found) + "\"?";
    }
    std::string text;
    for (const std::string_view word : words) {
        text += (text.empty() ? "allowed are " : ", ") + std::string(word);
    }
    return text;
}

}  // namespace sluice
