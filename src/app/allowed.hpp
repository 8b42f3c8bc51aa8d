/// What a field allows, in words: for problems and for documents.
#pragma once

#include <string>

#include "sluice/core/describe.hpp"

namespace sluice::app {

/// The smallest and largest value that the field and its C++ type both allow.
struct Limits {
    double minimum;
    double maximum;
};
[[nodiscard]] Limits limits(const Field& field, const IntegerType& type);
[[nodiscard]] Limits limits(const Field& field, const RealType& type);

/// "1 to 65536", "0 or more"; empty if any number will do.
[[nodiscard]] std::string range_text(Limits limits);

/// "integers, 1 to 65536"; "text, hex or json"; "a list: integers, 0 to 5".
/// `type` is the field's, or that of its elements.
[[nodiscard]] std::string allowed_text(const Field& field, const ValueType& type);

/// "a short text such as ..., or keys with values": of a struct that has such a text.
[[nodiscard]] std::string short_text_or_keys(const TextType& text);

}  // namespace sluice::app
