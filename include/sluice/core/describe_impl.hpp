/// The second half of describe.hpp: how each C++ type becomes a ValueType.
#pragma once

#include "sluice/core/describe.hpp"

namespace sluice {
namespace detail {

template <typename T>
inline constexpr bool is_vector = false;
template <typename T>
inline constexpr bool is_vector<std::vector<T>> = true;

template <typename T>
inline constexpr bool is_optional = false;
template <typename T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <typename T>
concept Enumerated = std::is_enum_v<T> && requires {
    { enumerators(TypeTag<T>{}) } -> std::convertible_to<std::span<const std::string_view>>;
};

template <typename T>
concept HoldsBytes = requires(const T& value) {
    { value.bytes() } -> std::convertible_to<std::span<const std::byte>>;
};

template <typename T>
concept TimePoint = std::same_as<T, SystemTime> || std::same_as<T, SteadyTime>;

template <typename T>
const T& as(const void* value) {
    return *static_cast<const T*>(value);
}
template <typename T>
T& as(void* value) {
    return *static_cast<T*>(value);
}

template <typename T>
ValueType boolean_type() {
    return {BooleanType{[](const void* value) { return as<T>(value); },
                        [](void* value, bool given) { as<T>(value) = given; }},
            "boolean"};
}

template <typename T>
ValueType integer_type() {
    return {
        IntegerType{static_cast<int>(sizeof(T) * 8), std::is_signed_v<T>,
                    [](const void* value) { return static_cast<std::int64_t>(as<T>(value)); },
                    [](void* value, std::int64_t given) { as<T>(value) = static_cast<T>(given); }},
        "integer"};
}

template <typename T>
ValueType time_type() {
    return {IntegerType{64, true,
                        [](const void* value) {
                            return std::int64_t{as<T>(value).time_since_epoch().count()};
                        },
                        [](void* value, std::int64_t given) { as<T>(value) = T(Duration(given)); }},
            "integer"};
}

template <typename T>
ValueType real_type() {
    return {RealType{static_cast<int>(sizeof(T) * 8),
                     [](const void* value) { return static_cast<double>(as<T>(value)); },
                     [](void* value, double given) { as<T>(value) = static_cast<T>(given); }},
            "number"};
}

template <typename T>
ValueType enumeration_type() {
    return {EnumerationType{
                enumerators(TypeTag<T>{}),
                [](const void* value) { return static_cast<std::size_t>(as<T>(value)); },
                [](void* value, std::size_t index) { as<T>(value) = static_cast<T>(index); }},
            "word"};
}

template <typename T>
ValueType bytes_type() {
    return {BytesType{[](const void* value) -> std::span<const std::byte> {
                if constexpr (HoldsBytes<T>) {
                    return as<T>(value).bytes();
                } else {
                    return as<T>(value);
                }
            }},
            "bytes"};
}

template <typename List>
ValueType list_type() {
    const ValueType& element = value_type<typename List::value_type>();
    return {ListType{&element, [](const void* value) { return as<List>(value).size(); },
                     [](const void* value, std::size_t index) -> const void* {
                         return &as<List>(value)[index];
                     },
                     [](void* value) -> void* { return &as<List>(value).emplace_back(); },
                     [](void* value) { as<List>(value).clear(); }},
            "list of " + element.name};
}

template <typename Optional>
ValueType optional_type() {
    const ValueType& element = value_type<typename Optional::value_type>();
    return {OptionalType{&element,
                         [](const void* value) -> const void* {
                             const Optional& optional = as<Optional>(value);
                             return optional ? &*optional : nullptr;
                         },
                         [](void* value) -> void* { return &as<Optional>(value).emplace(); }},
            element.name};
}

[[nodiscard]] ValueType text_type();
[[nodiscard]] ValueType address_type();
[[nodiscard]] ValueType processors_type();

template <typename T>
ValueType make_value_type() {
    if constexpr (std::same_as<T, bool>) {
        return boolean_type<T>();
    } else if constexpr (std::integral<T>) {
        return integer_type<T>();
    } else if constexpr (std::floating_point<T>) {
        return real_type<T>();
    } else if constexpr (TimePoint<T>) {
        return time_type<T>();
    } else if constexpr (std::same_as<T, std::string>) {
        return text_type();
    } else if constexpr (std::same_as<T, Address>) {
        return address_type();
    } else if constexpr (std::same_as<T, CpuSet>) {
        return processors_type();
    } else if constexpr (Enumerated<T>) {
        return enumeration_type<T>();
    } else if constexpr (HoldsBytes<T> || std::same_as<T, std::vector<std::byte>>) {
        return bytes_type<T>();
    } else if constexpr (is_vector<T>) {
        return list_type<T>();
    } else if constexpr (is_optional<T>) {
        return optional_type<T>();
    } else {
        static_assert(Described<T>, "a described field has one of the types named at value_type");
        const StructDescription& description = describe(TypeTag<T>{});
        return {StructType{&description}, std::string(description.name())};
    }
}

}  // namespace detail

template <typename T>
const ValueType& value_type() {
    static const ValueType type = detail::make_value_type<T>();
    return type;
}

}  // namespace sluice
