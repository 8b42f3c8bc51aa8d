/// Makes the tree of a document of the events of yaml-cpp's parser.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/app/yaml.hpp"

namespace sluice::app {

/// Ends parsing from within an event; its problem has been told.
struct ParsingStopped : std::exception {};

/// Takes the events of one document; the root is the first node. A second document is a problem.
class ConfigTreeBuilder final : public YAML::EventHandler {
  public:
    /// `source` is what the parser reads: marks count its bytes.
    ConfigTreeBuilder(std::string_view source, ConfigProblems& problems)
        : source_(source), problems_(problems) {}

    [[nodiscard]] std::deque<ConfigNode> take_nodes() { return std::move(nodes_); }

    void OnDocumentStart(const YAML::Mark& mark) override;
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override;
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override;
    void OnMapEnd() override;

    /// Where the mark stands.
    [[nodiscard]] ConfigPosition position(const YAML::Mark& mark);

  private:
    /// A sequence or mapping that has not ended.
    struct Open {
        ConfigNode* node;
        bool expects_key = false;
        /// The next value has no key that could be used: it is read, but nobody's child.
        bool discards_value = false;
        std::string key = {};
        ConfigPosition key_position = {};
        std::vector<ConfigNode*> members = {};  // of a mapping, repeated keys included
    };

    [[nodiscard]] bool is_key() const { return !open_.empty() && open_.back().expects_key; }
    /// A key that is no text: its value will be discarded.
    void refuse_key(const YAML::Mark& mark);
    /// A node that is not yet among its parent's children.
    ConfigNode& make_node(const YAML::Mark& mark, ConfigNode::Kind kind);
    ConfigNode& add_value(const YAML::Mark& mark, ConfigNode::Kind kind);
    void open(const YAML::Mark& mark, ConfigNode::Kind kind);
    void close();
    void refuse_properties(const YAML::Mark& mark);
    void refuse_repeated_keys(const Open& mapping);
    [[nodiscard]] char at(const YAML::Mark& mark) const;
    [[nodiscard]] std::string path() const;
    [[noreturn]] void stop(ConfigPosition position, std::string message);

    std::string_view source_;
    ConfigProblems& problems_;
    std::deque<ConfigNode> nodes_;
    std::vector<Open> open_;
    int documents_ = 0;
    int refused_at_ = -1;  // a tagged key is also the beginning of its mapping
    YAML::Mark counted_;   // the mark whose column was counted last, and its column
    int counted_column_ = 1;
};

}  // namespace sluice::app
