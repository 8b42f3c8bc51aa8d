/// A YAML file as a tree in which every value knows where it stands.
///
///     ConfigProblems problems("pipeline.yaml");
///     PipelineConfig config;
///     if (const auto document = ConfigDocument::load(problems)) {
///         read_struct(document->root(), config, problems);  // see read_struct.hpp
///     }
///     for (const ConfigProblem& problem : problems.list()) print(to_string(problem));
///
/// What a configuration does not need is refused, since it surprises or is dangerous: several
/// documents, tags, anchors and aliases, keys that are no plain text, a key given twice. Lines may
/// end in CRLF, and a byte order mark may come first.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/app/config_problem.hpp"

namespace sluice::app {

/// One value.
struct ConfigNode {
    /// `null` is `~`, `null`, and nothing at all.
    enum class Kind : std::uint8_t { null, scalar, sequence, mapping };
    /// How a scalar is written. Numbers and booleans are plain; `block` is `|` and `>`.
    enum class Style : std::uint8_t { plain, single_quoted, double_quoted, block };

    Kind kind = Kind::null;
    Style style = Style::plain;
    ConfigPosition key_position;  ///< {0, 0} unless its parent is a mapping.
    ConfigPosition value_position;
    std::string key;   ///< Empty unless its parent is a mapping.
    std::string text;  ///< Of a scalar, escapes resolved; always UTF-8.
    const ConfigNode* parent = nullptr;
    std::size_t index = 0;                    ///< Among its parent's children.
    std::vector<const ConfigNode*> children;  ///< In the order of the file; each key once.

    /// Where a problem with it stands: at the key, if it has one.
    [[nodiscard]] ConfigPosition position() const noexcept {
        return key_position.line > 0 ? key_position : value_position;
    }
    /// From the root: `stages.lidar.subscribe[0].channel`. Long keys are shortened.
    [[nodiscard]] std::string path() const;
    /// The child with this key; null if there is none.
    [[nodiscard]] const ConfigNode* find(std::string_view name) const noexcept;
};

/// Owns the nodes of a file. Never throws; whatever is wrong becomes a problem.
class ConfigDocument {
  public:
    static constexpr std::size_t bytes_max = 1'048'576;
    static constexpr std::size_t depth_max = 32;        ///< Sequences and mappings inside another.
    static constexpr std::size_t values_max = 100'000;  ///< Keeps the tree under 50 MB.

    /// Reads the file that `problems` is about. A directory and a file that cannot be read are
    /// problems too. At most `bytes_max` are read, also from an endless file.
    [[nodiscard]] static std::optional<ConfigDocument> load(ConfigProblems& problems);

    /// Without value if there is no tree to look at. With errors in `problems` there may be one
    /// nevertheless, so that more problems can be told at the same time; do not use it for more.
    [[nodiscard]] static std::optional<ConfigDocument> parse(std::string_view text,
                                                             ConfigProblems& problems);

    ConfigDocument(ConfigDocument&&) = default;
    ConfigDocument& operator=(ConfigDocument&&) = default;

    [[nodiscard]] const ConfigNode& root() const noexcept { return nodes_.front(); }

  private:
    explicit ConfigDocument(std::deque<ConfigNode> nodes) : nodes_(std::move(nodes)) {}

    std::deque<ConfigNode> nodes_;  // a deque, so that nodes stay where they are; the root is first
};

}  // namespace sluice::app
