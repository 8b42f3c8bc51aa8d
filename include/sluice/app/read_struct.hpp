/// From the tree of a YAML file to a described struct.
#pragma once

#include <span>

#include "sluice/app/yaml.hpp"
#include "sluice/core/describe.hpp"

namespace sluice::app {

/// A struct that a mapping fills.
struct StructTarget {
    const StructDescription* description;
    void* object;
};

/// Reads the mapping into the structs, whose keys it may have in any order; several structs share
/// a mapping where some keys belong to every stage and some to one kind. A key that is missing
/// leaves its field as it is, unless it is required.
///
/// All problems are told, not only the first: unknown keys with the nearest known one, values of
/// another kind or out of range with what is allowed, missing keys; and then what the description's
/// `check` complains of, but for keys that are wrong already. Returns whether there was no error;
/// otherwise the objects are partly filled and of no use.
///
/// What is written: integers in decimal digits; numbers also with fraction and exponent; `true` and
/// `false`; none of them in quotes. Texts in any style; a warning is given where a backslash looks
/// like an escape but stands outside double quotes. Processors also as one number or as a list. A
/// struct that has a short text as that text or as keys of its own. A key without value is an
/// error.
bool read_struct(const ConfigNode& node, std::span<const StructTarget> targets,
                 ConfigProblems& problems);

bool read_struct(const ConfigNode& node, const StructDescription& description, void* object,
                 ConfigProblems& problems);

template <Described T>
bool read_struct(const ConfigNode& node, T& object, ConfigProblems& problems) {
    return read_struct(node, describe(TypeTag<T>{}), &object, problems);
}

}  // namespace sluice::app
