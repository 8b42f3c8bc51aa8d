#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "app/allowed.hpp"
#include "app/console.hpp"
#include "app/text_layout.hpp"
#include "sluice/app/config_problem.hpp"
#include "sluice/app/configuration_markdown.hpp"
#include "sluice/app/exit_status.hpp"
#include "sluice/app/report.hpp"
#include "sluice/app/run.hpp"
#include "sluice/messages/json.hpp"

namespace sluice::app {
namespace {

constexpr std::size_t width_max = 100;
constexpr std::size_t width_min = 40;

/// The struct with keys of its own that the value, or what it holds, is; null if it is none.
const StructDescription* inner_struct(const ValueType& type) {
    if (const auto* const list = std::get_if<ListType>(&type.kind)) {
        return inner_struct(*list->element);
    }
    if (const auto* const optional = std::get_if<OptionalType>(&type.kind)) {
        return inner_struct(*optional->element);
    }
    const auto* const inner = std::get_if<StructType>(&type.kind);
    return inner == nullptr ? nullptr : inner->description;
}

std::string default_text(const StructDescription& description, const Field& field) {
    if (field.is_required) {
        return "required";
    }
    std::string json;
    append_json(json, *field.type, field.in(description.defaults()));
    return json == "null" ? "no default" : "default " + json;
}

std::string allowed_part(const Field& field) {
    const bool is_free_text = std::holds_alternative<TextType>(field.type->kind) &&
                              std::get<TextType>(field.type->kind).form.empty();
    const StructDescription* const inner = inner_struct(*field.type);
    return is_free_text || (inner != nullptr && inner->short_text() == nullptr)
               ? ""
               : "; allowed: " + allowed_text(field, *field.type);
}

/// `group_size: integer, default 1; allowed: integers, 1 to 65536`, its text below, and the keys of
/// a struct inside.
void append_keys(std::string& text, const StructDescription& description, std::size_t indent,
                 std::size_t width) {
    for (const Field& field : description.fields()) {
        std::string head = std::string(field.key) + ": " + field.type->name;
        if (!field.unit.empty()) {
            head += " (" + std::string(field.unit) + ")";
        }
        head += ", " + default_text(description, field) + allowed_part(field);
        text += wrapped(head, indent, width) + wrapped(field.text, indent + 4, width);
        if (const StructDescription* const inner = inner_struct(*field.type)) {
            append_keys(text, *inner, indent + 4, width);
        }
    }
}

void append_channels(std::string& text, const StageType& type, std::size_t width) {
    for (const StageChannel& channel : type.channels) {
        const bool publishes = channel.direction == StageChannel::Direction::publishes;
        text += wrapped((publishes ? "publishes " : "subscribes to ") + std::string(channel.name) +
                            ": " + std::string(channel.type),
                        4, width) +
                wrapped(channel.text, 8, width);
    }
}

std::string type_text(const StageType& type, std::size_t width) {
    std::string text = type.name + "\n" + wrapped(type.text, 2, width) + "  Keys\n";
    append_keys(text, *type.config, 4, width);
    if (!type.channels.empty()) {
        text += "  Channels\n";
        append_channels(text, type, width);
    }
    return text;
}

int print(const std::string& text) {
    const bool is_written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
    return is_written ? exit_ok : exit_io;
}

}  // namespace

int reference_command(const StageRegistry& registry) {
    return print(configuration_reference(registry));
}

int stages_command(const std::string& type, const StageRegistry& registry) {
    if (!type.empty() && registry.find(type) == nullptr) {
        report("unknown type " + in_quotes(type) + "; " + suggestion(type, registry.names()));
        return exit_usage;
    }
    const std::size_t columns =
        terminal_size(STDOUT_FILENO).value_or(TerminalSize{width_max}).columns;
    const std::size_t width = std::clamp(columns, width_min, width_max);
    std::string text;
    for (const StageType& each : registry.types()) {
        if (type.empty() || each.name == type) {
            text += (text.empty() ? "" : "\n") + type_text(each, width);
        }
    }
    return print(text);
}

}  // namespace sluice::app
