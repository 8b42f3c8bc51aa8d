#include "stages/config_error.hpp"

#include <optional>
#include <string>

namespace sluice {
namespace {

/// A whole number without its empty decimals: a range is a double.
std::string text_of(double value) {
    const auto whole = static_cast<std::int64_t>(value);
    return static_cast<double>(whole) == value ? std::to_string(whole) : std::to_string(value);
}

std::optional<double> number_of(const ValueType& type, const void* value) {
    if (const auto* integer = std::get_if<IntegerType>(&type.kind)) {
        return static_cast<double>(integer->load(value));
    }
    if (const auto* real = std::get_if<RealType>(&type.kind)) {
        return real->load(value);
    }
    if (const auto* optional = std::get_if<OptionalType>(&type.kind)) {
        const void* const held = optional->load(value);
        return held != nullptr ? number_of(*optional->element, held) : std::nullopt;
    }
    return std::nullopt;
}

void add(std::string& all, const Complaint& complaint) {
    all += (all.empty() ? "" : "; ") + complaint.key + " " + complaint.message;
}

void check_range(const Field& field, const void* config, std::string& all) {
    const std::optional<double> number = number_of(*field.type, field.in(config));
    if (number && !(*number >= field.minimum && *number <= field.maximum)) {
        add(all, {Complaint::Severity::error, std::string(field.key),
                  "is " + text_of(*number) + "; allowed are " + text_of(field.minimum) + " to " +
                      text_of(field.maximum)});
    }
}

}  // namespace

Result<void> validate(const StructDescription& description, const void* config) {
    std::string all;
    for (const Field& field : description.fields()) {
        check_range(field, config, all);
    }
    std::vector<Complaint> complaints;
    description.check(config, complaints);
    for (const Complaint& complaint : complaints) {
        if (complaint.severity == Complaint::Severity::error) {
            add(all, complaint);
        }
    }
    if (!all.empty()) {
        return Error(Errc::invalid_argument, std::move(all));
    }
    return {};
}

}  // namespace sluice
