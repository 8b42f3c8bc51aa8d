#include "sluice/app/read_struct.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "app/allowed.hpp"
#include "sluice/core/check.hpp"

namespace sluice::app {
namespace {

using Kind = ConfigNode::Kind;
using Style = ConfigNode::Style;

bool is_plain_scalar(const ConfigNode& node) {
    return node.kind == Kind::scalar && node.style == Style::plain;
}

/// What stands in the file, to begin a message with.
std::string given(const ConfigNode& node) {
    switch (node.kind) {
        case Kind::null:
            return "has no value";
        case Kind::sequence:
            return "is a list";
        case Kind::mapping:
            return "has keys of its own";
        case Kind::scalar:
            break;
    }
    return (node.style == Style::plain ? "is " : "is the text ") + in_quotes(node.text);
}

/// `-12`, `0`, `345`: no sign but minus, no leading zero, nothing that YAML 1.1 takes for octal,
/// hexadecimal or sexagesimal.
bool is_decimal(std::string_view text) {
    text.remove_prefix(text.starts_with('-') ? 1 : 0);
    return !text.empty() && (text.front() != '0' || text.size() == 1) &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc{} && end == text.data() + text.size();
}

/// The value to write instead of YAML 1.1's other booleans; empty for other words.
std::string_view boolean_meant(std::string_view text) {
    for (const std::string_view word : {"yes", "Yes", "YES", "on", "On", "ON", "True", "TRUE"}) {
        if (text == word) {
            return "true";
        }
    }
    for (const std::string_view word : {"no", "No", "NO", "off", "Off", "OFF", "False", "FALSE"}) {
        if (text == word) {
            return "false";
        }
    }
    return "";
}

/// Reads values of all kinds. Every function returns whether there was no error.
class Reader {
  public:
    explicit Reader(ConfigProblems& problems) : problems_(problems) {}

    bool read_mapping(const ConfigNode& node, std::span<const StructTarget> targets);

  private:
    bool read(const ConfigNode& node, const Field& field, const ValueType& type, void* value) {
        return std::visit(
            [&](const auto& kind) { return read_kind(node, field, kind, type, value); }, type.kind);
    }

    bool read_kind(const ConfigNode& node, const Field& field, const BooleanType& kind,
                   const ValueType& type, void* value);
    bool read_kind(const ConfigNode& node, const Field& field, const IntegerType& kind,
                   const ValueType& type, void* value);
    bool read_kind(const ConfigNode& node, const Field& field, const RealType& kind,
                   const ValueType& type, void* value);
    bool read_kind(const ConfigNode& node, const Field& field, const TextType& kind,
                   const ValueType& type, void* value);
    bool read_kind(const ConfigNode& node, const Field& field, const EnumerationType& kind,
                   const ValueType& type, void* value);
    bool read_kind(const ConfigNode& node, const Field& field, const ListType& kind,
                   const ValueType& type, void* value);
    bool read_kind(const ConfigNode&, const Field&, const BytesType&, const ValueType&, void*) {
        SLUICE_CHECK(false, "a configuration has no raw bytes");
        return false;
    }
    bool read_kind(const ConfigNode& node, const Field& field, const OptionalType& kind,
                   const ValueType&, void* value) {
        return read(node, field, *kind.element, kind.emplace(value));
    }
    bool read_kind(const ConfigNode& node, const Field&, const StructType& kind, const ValueType&,
                   void* value) {
        const StructTarget target{kind.description, value};
        const TextType* const text = kind.description->short_text();
        if (text == nullptr || node.kind == Kind::mapping) {
            return read_mapping(node, {&target, 1});
        }
        return node.kind == Kind::scalar
                   ? read_text(node, *text, value)
                   : refuse(node, given(node) + "; allowed are " + short_text_or_keys(*text));
    }

    bool read_text(const ConfigNode& node, const TextType& kind, void* value);
    bool read_numbers(const ConfigNode& node, const TextType& kind, void* value);
    void warn_of_backslashes(const ConfigNode& node);
    void refuse_unknown_key(const ConfigNode& node, std::span<const StructTarget> targets);
    bool complain(const ConfigNode& node, const StructTarget& target,
                  std::span<const std::string_view> failed);

    bool refuse(const ConfigNode& node, std::string message) {
        problems_.error(node.position(), node.path(), std::move(message));
        return false;
    }
    bool refuse_kind(const ConfigNode& node, const Field& field, const ValueType& type) {
        return refuse(node, given(node) + "; allowed are " + allowed_text(field, type));
    }
    bool refuse_range(const ConfigNode& node, const Field& field, Limits limits) {
        const std::string range = range_text(limits);
        return refuse(node, "is " + node.text.substr(0, 80) + "; allowed are " +
                                (range.empty() ? "numbers that fit 32 bits" : range) +
                                (field.unit.empty() ? "" : " ") + std::string(field.unit));
    }

    ConfigProblems& problems_;
};

bool Reader::read_kind(const ConfigNode& node, const Field& field, const BooleanType& kind,
                       const ValueType& type, void* value) {
    if (is_plain_scalar(node) && (node.text == "true" || node.text == "false")) {
        kind.store(value, node.text == "true");
        return true;
    }
    const std::string_view meant = is_plain_scalar(node) ? boolean_meant(node.text) : "";
    return meant.empty() ? refuse_kind(node, field, type)
                         : refuse(node, given(node) + "; write " + std::string(meant));
}

bool Reader::read_kind(const ConfigNode& node, const Field& field, const IntegerType& kind,
                       const ValueType& type, void* value) {
    if (!is_plain_scalar(node) || !is_decimal(node.text)) {
        const bool is_number =
            node.kind == Kind::scalar && node.text.find_first_of("0123456789") != std::string::npos;
        return refuse(node, given(node) + "; allowed are " + allowed_text(field, type) +
                                (is_number ? ", in plain decimal digits" : ""));
    }
    const Limits allowed = limits(field, kind);
    std::int64_t number = 0;
    if (!parse_number(node.text, number) || static_cast<long double>(number) < allowed.minimum ||
        static_cast<long double>(number) > allowed.maximum) {
        return refuse_range(node, field, allowed);
    }
    kind.store(value, number);
    return true;
}

bool Reader::read_kind(const ConfigNode& node, const Field& field, const RealType& kind,
                       const ValueType& type, void* value) {
    double number = 0;
    // What from_chars takes besides: "inf" and "nan".
    if (!is_plain_scalar(node) ||
        node.text.find_first_not_of("0123456789+-.eE") != std::string::npos ||
        !parse_number(node.text, number)) {
        return refuse_kind(node, field, type);
    }
    const Limits allowed = limits(field, kind);
    if (number < allowed.minimum || number > allowed.maximum) {
        return refuse_range(node, field, allowed);
    }
    kind.store(value, number);
    return true;
}

bool Reader::read_kind(const ConfigNode& node, const Field& field, const TextType& kind,
                       const ValueType& type, void* value) {
    if (node.kind == Kind::scalar) {
        return read_text(node, kind, value);
    }
    if (node.kind != Kind::sequence) {
        return refuse_kind(node, field, type);
    }
    if (kind.accepts_numbers) {
        return read_numbers(node, kind, value);
    }
    return refuse(node, given(node) + "; allowed are " + allowed_text(field, type) +
                            "; what begins with [ needs quotes");
}

bool Reader::read_text(const ConfigNode& node, const TextType& kind, void* value) {
    const Result<void> parsed = kind.parse(value, node.text);
    if (!parsed) {
        return refuse(node, "is " + parsed.error().detail());
    }
    warn_of_backslashes(node);
    return true;
}

bool Reader::read_numbers(const ConfigNode& node, const TextType& kind, void* value) {
    std::string joined;
    bool is_good = true;
    for (const ConfigNode* element : node.children) {
        if (!is_plain_scalar(*element) || !is_decimal(element->text)) {
            is_good = refuse(*element, given(*element) + "; allowed are numbers");
        } else {
            is_good = read_text(*element, kind, value) && is_good;
        }
        joined += (joined.empty() ? "" : ",") + element->text;
    }
    if (is_good) {
        const Result<void> parsed = kind.parse(value, joined);
        SLUICE_CHECK(parsed, "numbers that are good one by one are good together");
    }
    return is_good;
}

void Reader::warn_of_backslashes(const ConfigNode& node) {
    if (node.style != Style::plain && node.style != Style::single_quoted) {
        return;
    }
    for (std::size_t at = node.text.find('\\'); at != std::string::npos;
         at = node.text.find('\\', at + 1)) {
        const char next = at + 1 < node.text.size() ? node.text[at + 1] : ' ';
        if (std::string_view("nrt0x").find(next) != std::string_view::npos) {
            problems_.add(Complaint::Severity::warning, node.position(), node.path(),
                          std::string("\\") + next +
                              " is a backslash and a letter here; only in double quotes does it "
                              "mean a character: " +
                              in_quotes(node.text));
            return;
        }
    }
}

bool Reader::read_kind(const ConfigNode& node, const Field& field, const EnumerationType& kind,
                       const ValueType& type, void* value) {
    if (node.kind != Kind::scalar) {
        return refuse_kind(node, field, type);
    }
    const auto found = std::find(kind.names.begin(), kind.names.end(), node.text);
    if (found == kind.names.end()) {
        return refuse(node, given(node) + "; " + suggestion(node.text, kind.names));
    }
    kind.store(value, static_cast<std::size_t>(found - kind.names.begin()));
    return true;
}

bool Reader::read_kind(const ConfigNode& node, const Field& field, const ListType& kind,
                       const ValueType& type, void* value) {
    if (node.kind != Kind::sequence) {
        return refuse_kind(node, field, type);
    }
    kind.clear(value);
    bool is_good = true;
    for (const ConfigNode* element : node.children) {
        is_good = read(*element, field, *kind.element, kind.append(value)) && is_good;
    }
    return is_good;
}

bool Reader::read_mapping(const ConfigNode& node, std::span<const StructTarget> targets) {
    if (node.kind != Kind::mapping) {
        return refuse(node, given(node) + "; allowed are keys with values");
    }
    bool is_good = true;
    for (const ConfigNode* child : node.children) {
        const bool is_known =
            std::any_of(targets.begin(), targets.end(), [child](const StructTarget& target) {
                return target.description->find(child->key) != nullptr;
            });
        if (!is_known) {
            refuse_unknown_key(*child, targets);
            is_good = false;
        }
    }
    for (const StructTarget& target : targets) {
        std::vector<std::string_view> failed;
        for (const Field& field : target.description->fields()) {
            const ConfigNode* child = node.find(field.key);
            if (child == nullptr && field.is_required) {
                refuse(node,
                       "needs the key " + in_quotes(field.key) + ": " + std::string(field.text));
                failed.push_back(field.key);
            } else if (child != nullptr &&
                       !read(*child, field, *field.type, field.locate(target.object))) {
                failed.push_back(field.key);
            }
        }
        is_good = complain(node, target, failed) && failed.empty() && is_good;
    }
    return is_good;
}

void Reader::refuse_unknown_key(const ConfigNode& node, std::span<const StructTarget> targets) {
    std::vector<std::string_view> keys;
    for (const StructTarget& target : targets) {
        for (const Field& field : target.description->fields()) {
            keys.push_back(field.key);
        }
    }
    problems_.error(node.key_position, node.parent->path(),
                    "unknown key " + in_quotes(node.key) + "; " +
                        (keys.empty() ? "none is allowed" : suggestion(node.key, keys)));
}

bool Reader::complain(const ConfigNode& node, const StructTarget& target,
                      std::span<const std::string_view> failed) {
    std::vector<Complaint> complaints;
    target.description->check(target.object, complaints);
    bool is_good = true;
    for (Complaint& complaint : complaints) {
        // Of a field that was not read, or of all fields together, nothing can be said then.
        const bool is_void = complaint.key.empty() ? !failed.empty()
                                                   : std::find(failed.begin(), failed.end(),
                                                               complaint.key) != failed.end();
        if (is_void) {
            continue;
        }
        const ConfigNode* child = node.find(complaint.key);
        std::string path = node.path();
        if (!complaint.key.empty()) {
            path += (path.empty() ? "" : ".") + complaint.key;
        }
        problems_.add(complaint.severity, (child != nullptr ? *child : node).position(),
                      std::move(path), std::move(complaint.message));
        is_good = is_good && complaint.severity == Complaint::Severity::warning;
    }
    return is_good;
}

}  // namespace

bool read_struct(const ConfigNode& node, std::span<const StructTarget> targets,
                 ConfigProblems& problems) {
    return Reader(problems).read_mapping(node, targets);
}

bool read_struct(const ConfigNode& node, const StructDescription& description, void* object,
                 ConfigProblems& problems) {
    const StructTarget target{&description, object};
    return read_struct(node, {&target, 1}, problems);
}

}  // namespace sluice::app
