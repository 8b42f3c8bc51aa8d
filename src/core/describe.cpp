#include "sluice/core/describe.hpp"

#include <algorithm>

namespace sluice {
namespace detail {

ValueType text_type() {
    return {TextType{"", [](const void* value, std::string& out) { out += as<std::string>(value); },
                     [](void* value, std::string_view given) -> Result<void> {
                         as<std::string>(value) = given;
                         return {};
                     },
                     false},
            "text"};
}

ValueType address_type() {
    return {
        TextType{address_forms,
                 [](const void* value, std::string& out) { out += as<Address>(value).to_string(); },
                 [](void* value, std::string_view given) -> Result<void> {
                     Result<Address> address = Address::parse(given);
                     if (!address) {
                         return address.error();
                     }
                     as<Address>(value) = *std::move(address);
                     return {};
                 },
                 false},
        "address"};
}

ValueType processors_type() {
    return {
        TextType{"numbers and ranges such as \"0,2-3\" or [0, 2, 3]",
                 [](const void* value, std::string& out) { out += as<CpuSet>(value).to_string(); },
                 [](void* value, std::string_view given) -> Result<void> {
                     Result<CpuSet> processors =
                         given.empty() ? Result<CpuSet>(CpuSet{}) : CpuSet::parse(given);
                     if (!processors) {
                         return processors.error();
                     }
                     as<CpuSet>(value) = *processors;
                     return {};
                 },
                 true},
        "processors"};
}

}  // namespace detail

bool holds_numbers(const ValueType& type) noexcept {
    if (const auto* list = std::get_if<ListType>(&type.kind)) {
        return holds_numbers(*list->element);
    }
    if (const auto* optional = std::get_if<OptionalType>(&type.kind)) {
        return holds_numbers(*optional->element);
    }
    return std::holds_alternative<IntegerType>(type.kind) ||
           std::holds_alternative<RealType>(type.kind);
}

const Field* StructDescription::find(std::string_view key) const noexcept {
    const auto found = std::find_if(fields_.begin(), fields_.end(),
                                    [key](const Field& field) { return field.key == key; });
    return found == fields_.end() ? nullptr : &*found;
}

void StructDescription::check(const void* object, std::vector<Complaint>& complaints) const {
    if (check_) {
        check_(object, complaints);
    }
}

}  // namespace sluice
