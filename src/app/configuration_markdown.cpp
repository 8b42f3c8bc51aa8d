#include "sluice/app/configuration_markdown.hpp"

#include <algorithm>
#include <vector>

#include "app/allowed.hpp"
#include "sluice/messages/json.hpp"

namespace sluice::app {
namespace {

/// What a list or an optional holds, whatever it is nested in.
const ValueType& innermost(const ValueType& type) {
    if (const auto* list = std::get_if<ListType>(&type.kind)) {
        return innermost(*list->element);
    }
    if (const auto* optional = std::get_if<OptionalType>(&type.kind)) {
        return innermost(*optional->element);
    }
    return type;
}

const StructDescription* nested_struct(const Field& field) {
    const auto* type = std::get_if<StructType>(&innermost(*field.type).kind);
    return type == nullptr ? nullptr : type->description;
}

/// As it can stand in a cell of a table.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        escaped += c == '|' ? "\\|" : std::string(1, c == '\n' ? ' ' : c);
    }
    return escaped;
}

/// The anchor that GitHub and others give to a heading of letters, digits and `_`.
std::string anchor(std::string_view heading) {
    std::string text(heading);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

std::string type_cell(const Field& field) {
    const StructDescription* nested = nested_struct(field);
    if (nested == nullptr) {
        return field.type->name;
    }
    const bool is_list = std::holds_alternative<ListType>(field.type->kind);
    const std::string name(nested->name());
    return (is_list ? "list of [" : "[") + name + "](#" + anchor(name) + ")";
}

std::string default_cell(const StructDescription& description, const Field& field) {
    if (field.is_required) {
        return "required";
    }
    const bool is_struct = std::holds_alternative<StructType>(field.type->kind);
    if (description.defaults() == nullptr || is_struct) {
        return "";
    }
    std::string json;
    append_json(json, *field.type, field.in(description.defaults()));
    return json == "null" ? "none" : "`" + cell(json) + "`";
}

/// The other way to write the struct, if there is one.
std::string short_form(const StructDescription& description) {
    const TextType* const text = description.short_text();
    return text == nullptr ? ""
                           : " Written as " + std::string(text->form) + "; or with these keys.";
}

std::string table(const StructDescription& description) {
    std::string text = "### " + std::string(description.name()) + "\n\n" +
                       std::string(description.text()) + short_form(description) +
                       "\n\n| key | type | default | allowed | unit | meaning |\n"
                       "|---|---|---|---|---|---|\n";
    for (const Field& field : description.fields()) {
        const StructDescription* const nested = nested_struct(field);
        const std::string allowed = nested != nullptr && nested->short_text() == nullptr
                                        ? ""
                                        : cell(allowed_text(field, *field.type));
        text += "| `" + std::string(field.key) + "` | " + type_cell(field) + " | " +
                default_cell(description, field) + " | " + allowed + " | " + cell(field.unit) +
                " | " + cell(field.text) + " |\n";
    }
    return text;
}

}  // namespace

std::string configuration_markdown(std::span<const StructDescription* const> descriptions) {
    std::vector<const StructDescription*> all(descriptions.begin(), descriptions.end());
    std::string text;
    for (std::size_t i = 0; i < all.size(); ++i) {  // grows by the structs that are met
        text += (i > 0 ? "\n" : "") + table(*all[i]);
        for (const Field& field : all[i]->fields()) {
            const StructDescription* nested = nested_struct(field);
            if (nested != nullptr && std::find(all.begin(), all.end(), nested) == all.end()) {
                all.push_back(nested);
            }
        }
    }
    return text;
}

std::string configuration_markdown(const StructDescription& description) {
    const StructDescription* const only = &description;
    return configuration_markdown({&only, 1});
}

}  // namespace sluice::app
