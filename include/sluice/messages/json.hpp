/// JSON of any described struct.
#pragma once

#include <string>

#include "sluice/core/describe.hpp"

namespace sluice {

/// Appends the value as JSON, on one line. While `out` has room it allocates nothing, but for
/// addresses and processors.
///
/// A struct is an object with its keys in the order of its description. Times are integers
/// (nanoseconds), enumerations their words, bytes base64 with padding (RFC 4648, 4). Numbers have
/// the fewest digits that read back as the same number; one that is not finite is null, and so is
/// an optional without value. Texts are escaped; each invalid piece of UTF-8 becomes U+FFFD.
void append_json(std::string& out, const ValueType& type, const void* value);

/// The same for the object of a struct.
void append_json(std::string& out, const StructDescription& description, const void* object);

template <Described T>
void append_json(std::string& out, const T& object) {
    append_json(out, describe(TypeTag<T>{}), &object);
}

}  // namespace sluice
