#include "app/allowed.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "sluice/core/check.hpp"

namespace sluice::app {
namespace {

/// From here on it is no limit that anybody set, but the end of a C++ type.
constexpr double unlimited = std::numeric_limits<float>::max();

std::string number_text(double number) {
    constexpr double integer_end = 9'223'372'036'854'775'808.0;  // stands for the number below it
    if (number == integer_end) {
        return std::to_string(std::numeric_limits<std::int64_t>::max());
    }
    if (std::trunc(number) == number && std::abs(number) <= integer_end) {
        return std::to_string(static_cast<std::int64_t>(number));
    }
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return {digits.data(), end};
}

std::string words_text(std::span<const std::string_view> words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) {
            text += i + 1 < words.size() ? ", " : " or ";
        }
        text += words[i];
    }
    return text;
}

struct AllowedText {
    const Field& field;

    std::string operator()(const BooleanType&) const { return "true or false"; }
    std::string operator()(const IntegerType& type) const {
        return "integers, " + range_text(limits(field, type));
    }
    std::string operator()(const RealType& type) const {
        const std::string range = range_text(limits(field, type));
        return range.empty() ? "numbers" : "numbers, " + range;
    }
    std::string operator()(const TextType& type) const {
        return type.form.empty() ? "text" : std::string(type.form);
    }
    std::string operator()(const EnumerationType& type) const { return words_text(type.names); }
    std::string operator()(const BytesType&) const { return "bytes"; }
    std::string operator()(const ListType& type) const {
        return "a list: " + allowed_text(field, *type.element);
    }
    std::string operator()(const OptionalType& type) const {
        return allowed_text(field, *type.element);
    }
    std::string operator()(const StructType& type) const {
        const TextType* const text = type.description->short_text();
        return text == nullptr ? "keys with values" : short_text_or_keys(*text);
    }
};

}  // namespace

Limits limits(const Field& field, const IntegerType& type) {
    const double end = std::ldexp(1.0, type.bits - (type.is_signed || type.bits == 64 ? 1 : 0));
    return {std::max(field.minimum, type.is_signed ? -end : 0), std::min(field.maximum, end - 1)};
}

Limits limits(const Field& field, const RealType& type) {
    const double range = type.bits == 32 ? unlimited : std::numeric_limits<double>::max();
    return {std::max(field.minimum, -range), std::min(field.maximum, range)};
}

std::string range_text(Limits limits) {
    const bool has_minimum = limits.minimum > -unlimited;
    const bool has_maximum = limits.maximum < unlimited;
    if (has_minimum && has_maximum) {
        return number_text(limits.minimum) + " to " + number_text(limits.maximum);
    }
    if (has_minimum) {
        return number_text(limits.minimum) + " or more";
    }
    return has_maximum ? number_text(limits.maximum) + " or less" : "";
}

std::string short_text_or_keys(const TextType& text) {
    return std::string(text.form) + "; or keys with values";
}

std::string allowed_text(const Field& field, const ValueType& type) {
    return std::visit(AllowedText{field}, type.kind);
}

}  // namespace sluice::app
