#include "app/config_tree_builder.hpp"

#include <algorithm>
#include <utility>

namespace sluice::app {
namespace {

ConfigNode::Style style_of(char first) {
    switch (first) {
        case '\'':
            return ConfigNode::Style::single_quoted;
        case '"':
            return ConfigNode::Style::double_quoted;
        case '|':
        case '>':
            return ConfigNode::Style::block;
        default:
            return ConfigNode::Style::plain;
    }
}

}  // namespace

void ConfigTreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
    if (++documents_ == 1) {
        return;
    }
    const bool is_document = source_.substr(static_cast<std::size_t>(mark.pos), 3) == "---";
    stop(position(mark), is_document ? "a second document begins here; one is allowed"
                                     : "not YAML: nothing may follow the document");
}

void ConfigTreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t) {
    refuse_properties(mark);
    if (is_key()) {
        refuse_key(mark);
    } else {
        add_value(mark, ConfigNode::Kind::null);
    }
}

void ConfigTreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t) {
    problems_.error(position(mark), path(), "aliases (*) are not allowed; write the value here");
    if (is_key()) {
        open_.back().expects_key = false;
        open_.back().discards_value = true;
    } else {
        add_value(mark, ConfigNode::Kind::null);
    }
}

void ConfigTreeBuilder::OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                                 const std::string& value) {
    refuse_properties(mark);
    if (is_key()) {
        Open& mapping = open_.back();
        mapping.expects_key = false;
        mapping.key = value;
        mapping.key_position = position(mark);
        return;
    }
    ConfigNode& node = add_value(mark, ConfigNode::Kind::scalar);
    node.text = value;
    node.style = style_of(at(mark));
}

void ConfigTreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                                        YAML::EmitterStyle::value) {
    open(mark, ConfigNode::Kind::sequence);
}

void ConfigTreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                                   YAML::EmitterStyle::value) {
    open(mark, ConfigNode::Kind::mapping);
    open_.back().expects_key = true;
}

void ConfigTreeBuilder::OnMapEnd() {
    refuse_repeated_keys(open_.back());
    close();
}

ConfigPosition ConfigTreeBuilder::position(const YAML::Mark& mark) {
    // Marks seldom go back: counting on from the last one keeps a file of one line linear.
    const bool goes_on = mark.line == counted_.line && mark.pos >= counted_.pos;
    const auto from = static_cast<std::size_t>(goes_on ? counted_.pos : mark.pos - mark.column);
    const std::string_view passed =
        source_.substr(std::min(from, source_.size()), static_cast<std::size_t>(mark.pos) - from);
    const auto characters = std::count_if(passed.begin(), passed.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    });
    counted_column_ = (goes_on ? counted_column_ : 1) + static_cast<int>(characters);
    counted_ = mark;
    return {mark.line + 1, counted_column_};
}

void ConfigTreeBuilder::refuse_key(const YAML::Mark& mark) {
    problems_.error(position(mark), path(), "a key must be a plain text");
    open_.back().expects_key = false;
    open_.back().discards_value = true;
}

ConfigNode& ConfigTreeBuilder::make_node(const YAML::Mark& mark, ConfigNode::Kind kind) {
    const ConfigPosition place = position(mark);
    if (nodes_.size() == ConfigDocument::values_max) {
        stop(place, "has more than " + std::to_string(ConfigDocument::values_max) + " values");
    }
    ConfigNode& node = nodes_.emplace_back();
    node.kind = kind;
    node.value_position = place;
    node.parent = open_.empty() ? nullptr : open_.back().node;
    return node;
}

ConfigNode& ConfigTreeBuilder::add_value(const YAML::Mark& mark, ConfigNode::Kind kind) {
    ConfigNode& node = make_node(mark, kind);
    if (open_.empty()) {
        return node;
    }
    Open& parent = open_.back();
    if (parent.node->kind == ConfigNode::Kind::sequence) {
        node.index = parent.node->children.size();
        parent.node->children.push_back(&node);
        return node;
    }
    parent.expects_key = true;
    node.key = std::move(parent.key);
    node.key_position = parent.key_position;
    if (!std::exchange(parent.discards_value, false)) {
        parent.members.push_back(&node);
    }
    return node;
}

void ConfigTreeBuilder::open(const YAML::Mark& mark, ConfigNode::Kind kind) {
    refuse_properties(mark);
    if (open_.size() == ConfigDocument::depth_max) {
        stop(position(mark),
             "is nested deeper than " + std::to_string(ConfigDocument::depth_max) + " levels");
    }
    if (is_key()) {
        refuse_key(mark);
        open_.push_back({&make_node(mark, kind)});
    } else {
        open_.push_back({&add_value(mark, kind)});
    }
}

void ConfigTreeBuilder::close() {
    open_.pop_back();
}

void ConfigTreeBuilder::refuse_properties(const YAML::Mark& mark) {
    const char first = at(mark);
    if ((first != '!' && first != '&') || mark.pos == refused_at_) {
        return;
    }
    refused_at_ = mark.pos;
    problems_.error(position(mark), path(),
                    first == '!'
                        ? "tags (!) are not allowed; a text that begins with ! needs quotes"
                        : "anchors (&) are not allowed; a text that begins with & needs "
                          "quotes");
}

void ConfigTreeBuilder::refuse_repeated_keys(const Open& mapping) {
    std::vector<ConfigNode*> sorted = mapping.members;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const ConfigNode* a, const ConfigNode* b) { return a->key < b->key; });
    const ConfigNode* first = nullptr;
    for (ConfigNode* node : sorted) {
        if (first == nullptr || node->key != first->key) {
            first = node;
            continue;
        }
        problems_.error(node->key_position, path(),
                        "repeats the key " + in_quotes(node->key) + " of line " +
                            std::to_string(first->key_position.line) + ", column " +
                            std::to_string(first->key_position.column));
        node->parent = nullptr;
    }
    for (ConfigNode* node : mapping.members) {
        if (node->parent != nullptr) {
            node->index = mapping.node->children.size();
            mapping.node->children.push_back(node);
        }
    }
}

char ConfigTreeBuilder::at(const YAML::Mark& mark) const {
    const auto offset = static_cast<std::size_t>(mark.pos);
    return offset < source_.size() ? source_[offset] : '\0';
}

std::string ConfigTreeBuilder::path() const {
    return open_.empty() ? "" : open_.back().node->path();
}

void ConfigTreeBuilder::stop(ConfigPosition position, std::string message) {
    problems_.error(position, path(), std::move(message));
    throw ParsingStopped();
}

}  // namespace sluice::app
