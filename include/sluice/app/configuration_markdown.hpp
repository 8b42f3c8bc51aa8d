/// The reference of configuration keys, from their descriptions.
#pragma once

#include <span>
#include <string>

#include "sluice/app/stage_registry.hpp"
#include "sluice/core/describe.hpp"

namespace sluice::app {

/// For each struct a heading of the third level with its name, its text, and a table of its keys:
/// type, default, what is allowed, unit and meaning. Structs inside them, and inside those, follow
/// with a table of their own, each once, and are linked to. Defaults are those of
/// StructDescription::defaults(), as JSON, which YAML reads too.
[[nodiscard]] std::string configuration_markdown(
    std::span<const StructDescription* const> descriptions);

[[nodiscard]] std::string configuration_markdown(const StructDescription& description);

/// The whole of docs/configuration.md: the file, every key, every channel.
[[nodiscard]] std::string configuration_reference(const StageRegistry& registry);

}  // namespace sluice::app
