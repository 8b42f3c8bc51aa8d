/// What is wrong with a configuration, and how to say it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/core/describe.hpp"

namespace sluice::app {

/// Both count from 1, columns in characters. {0, 0} is the file as a whole.
struct ConfigPosition {
    int line = 0;
    int column = 0;

    friend bool operator==(const ConfigPosition&, const ConfigPosition&) = default;
    friend bool operator<(const ConfigPosition& one, const ConfigPosition& other) noexcept {
        return one.line != other.line ? one.line < other.line : one.column < other.column;
    }
};

struct ConfigProblem {
    Complaint::Severity severity = Complaint::Severity::error;
    std::string file;
    ConfigPosition position;
    std::string path;  ///< `stages.lidar.subscribe[0].channel`; empty for the whole document.
    std::string message;
};

/// `pipeline.yaml:12:5: error: stages.lidar.group_size: is -1; allowed are 1 to 65536`, on one
/// line and fit for a terminal, whatever the file holds.
[[nodiscard]] std::string to_string(const ConfigProblem& problem);

/// Collects the problems of one file, so that all of them are told at once.
class ConfigProblems {
  public:
    /// More are only counted: nobody reads them, and a hostile file may have very many.
    static constexpr std::size_t kept_max = 100;

    /// `file` is the name that stands in front of every problem.
    explicit ConfigProblems(std::string file) : file_(std::move(file)) {}

    void error(ConfigPosition position, std::string path, std::string message) {
        add(Complaint::Severity::error, position, std::move(path), std::move(message));
    }
    void add(Complaint::Severity severity, ConfigPosition position, std::string path,
             std::string message);

    [[nodiscard]] const std::string& file() const noexcept { return file_; }
    /// In the order of their positions.
    [[nodiscard]] std::span<const ConfigProblem> list() const noexcept { return list_; }
    /// How many there are that `list` has not.
    [[nodiscard]] std::size_t omitted() const noexcept { return omitted_; }
    /// All errors, also those omitted.
    [[nodiscard]] std::size_t errors() const noexcept { return errors_; }

  private:
    std::string file_;
    std::vector<ConfigProblem> list_;
    std::size_t omitted_ = 0;
    std::size_t errors_ = 0;
};

/// The text in double quotes, shortened if it is long.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// Helps whoever wrote a word that does not exist: `did you mean "address"?` if one of `words` is
/// near, else `allowed are address, group_size`. REQUIRES: !words.empty().
[[nodiscard]] std::string suggestion(std::string_view given,
                                     std::span<const std::string_view> words);

}  // namespace sluice::app
