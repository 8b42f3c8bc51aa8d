#include "sluice/app/config_problem.hpp"

#include <algorithm>
#include <numeric>

#include "app/printable.hpp"
#include "sluice/core/check.hpp"
#include "sluice/core/utf8.hpp"

namespace sluice::app {
namespace {

constexpr std::size_t shown_bytes_max = 80;  // of a text from the file, in a message

/// At most `bytes_max` bytes from the front, in whole characters.
std::string_view front_of(std::string_view text, std::size_t bytes_max) {
    std::size_t end = 0;
    while (end < text.size()) {
        const std::size_t size = utf8_front(text.substr(end)).size;
        if (end + size > bytes_max) {
            break;
        }
        end += size;
    }
    return text.substr(0, end);
}

/// How many characters must be inserted, removed or replaced to make `b` of `a` (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
            diagonal = row[k];
            row[k] = std::min({row[k] + 1, row[k - 1] + 1, replaced});
        }
    }
    return row[b.size()];
}

}  // namespace

std::string to_string(const ConfigProblem& problem) {
    std::string text = problem.file;
    if (problem.position.line > 0) {
        text += ":" + std::to_string(problem.position.line) + ":" +
                std::to_string(problem.position.column);
    }
    text += problem.severity == Complaint::Severity::error ? ": error: " : ": warning: ";
    if (!problem.path.empty()) {
        text += problem.path + ": ";
    }
    return printable(text + problem.message);
}

void ConfigProblems::add(Complaint::Severity severity, ConfigPosition position, std::string path,
                         std::string message) {
    errors_ += severity == Complaint::Severity::error ? 1 : 0;
    if (list_.size() == kept_max) {
        ++omitted_;
        return;
    }
    const auto place = std::upper_bound(
        list_.begin(), list_.end(), position,
        [](ConfigPosition given, const ConfigProblem& other) { return given < other.position; });
    list_.insert(place, {severity, file_, position, std::move(path), std::move(message)});
}

std::string in_quotes(std::string_view text) {
    const std::string_view shown = front_of(text, shown_bytes_max);
    return "\"" + std::string(shown) + (shown.size() < text.size() ? "...\"" : "\"");
}

std::string suggestion(std::string_view given, std::span<const std::string_view> words) {
    SLUICE_CHECK(!words.empty(), "there is a word to suggest");
    given = front_of(given, shown_bytes_max);
    const auto nearest = std::min_element(words.begin(), words.end(), [given](auto a, auto b) {
        return distance(given, a) < distance(given, b);
    });
    // Further apart, two words are not the same one with a slip of the finger; two letters never
    // tell which word was meant.
    if (given.size() > 2 && distance(given, *nearest) <= (given.size() + 2) / 3) {
        return "did you mean " + in_quotes(*nearest) + "?";
    }
    std::string text;
    for (const std::string_view word : words) {
        text += (text.empty() ? "allowed are " : ", ") + std::string(word);
    }
    return text;
}

}  // namespace sluice::app
