#include "sluice/app/stage_registry.hpp"

#include <algorithm>

#include "sluice/core/check.hpp"

namespace sluice::app {

StageType& StageRegistry::add(StageType type) {
    SLUICE_CHECK(find(type.name) == nullptr, "a registry has each kind of stage once");
    return types_.emplace_back(std::move(type));
}

const StageType* StageRegistry::find(std::string_view name) const noexcept {
    const auto found = std::find_if(types_.begin(), types_.end(),
                                    [name](const StageType& type) { return type.name == name; });
    return found == types_.end() ? nullptr : &*found;
}

std::vector<std::string_view> StageRegistry::names() const {
    std::vector<std::string_view> names;
    for (const StageType& type : types_) {
        names.emplace_back(type.name);
    }
    return names;
}

}  // namespace sluice::app
