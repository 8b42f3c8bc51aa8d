/// One description of a struct's fields, from which everything else that must know them derives:
/// reading YAML, `sluice check`, docs/configuration.md, JSON.
///
///     struct PrintStageConfig {
///         PrintFormat format = PrintFormat::text;
///         double rate_limit_hz = 0;
///     };
///
///     const StructDescription& describe(TypeTag<PrintStageConfig>) {
///         static const StructDescription description =
///             Describer<PrintStageConfig>("PrintStageConfig", "Shows messages.")
///                 .field("format", &PrintStageConfig::format, "How a message is shown.")
///                 .field("rate_limit_hz", &PrintStageConfig::rate_limit_hz, "0 = no limit.")
///                 .range(0, 1e6)
///                 .unit("messages per second");
///         return description;
///     }
///
/// `describe` is found by the struct's namespace. Defaults are not written again: they are those of
/// a default-constructed object. A struct that contains a described struct needs no more than a
/// field of it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sluice/core/address.hpp"
#include "sluice/core/check.hpp"
#include "sluice/core/cpu_set.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"

namespace sluice {

class StructDescription;
struct ValueType;

/// Names a type in an argument list.
template <typename T>
struct TypeTag {};

// The kinds of values. Each has functions that reach into an object of its C++ type, given by the
// address of the value.

struct BooleanType {
    bool (*load)(const void* value);
    void (*store)(void* value, bool given);
};

/// All integers of up to 64 bits; an unsigned one above 2^63-1 is not used by any description.
struct IntegerType {
    int bits;  ///< 8, 16, 32 or 64.
    bool is_signed;
    std::int64_t (*load)(const void* value);
    /// REQUIRES: `given` is representable in `bits`.
    void (*store)(void* value, std::int64_t given);
};

struct RealType {
    int bits;  ///< 32 or 64.
    double (*load)(const void* value);
    void (*store)(void* value, double given);
};

/// A text, and whatever is written as one: an address, a set of processors.
struct TextType {
    /// What is allowed, for people; empty for any text.
    std::string_view form;
    /// Appends the text.
    void (*print)(const void* value, std::string& out);
    /// Fails with `invalid_argument` or `invalid_address`; the detail says what was given and what
    /// is allowed.
    Result<void> (*parse)(void* value, std::string_view given);
    /// A list of numbers is another way to write it, with ',' between the numbers: `[0, 2]`.
    bool accepts_numbers;
};

/// One word of several.
struct EnumerationType {
    std::span<const std::string_view> names;  ///< By value, from 0.
    std::size_t (*load)(const void* value);
    void (*store)(void* value, std::size_t index);
};

/// Raw bytes; only messages have them.
struct BytesType {
    std::span<const std::byte> (*load)(const void* value);
};

struct ListType {
    const ValueType* element;
    std::size_t (*size)(const void* value);
    const void* (*at)(const void* value, std::size_t index);
    /// Adds a default element and returns its address, valid until the next call.
    void* (*append)(void* value);
    void (*clear)(void* value);
};

struct OptionalType {
    const ValueType* element;
    /// The value's address; null if there is none.
    const void* (*load)(const void* value);
    /// Makes a default one and returns its address.
    void* (*emplace)(void* value);
};

struct StructType {
    const StructDescription* description;
};

/// What a field's values are. There is one object for each C++ type, for the whole program.
struct ValueType {
    std::variant<BooleanType, IntegerType, RealType, TextType, EnumerationType, BytesType, ListType,
                 OptionalType, StructType>
        kind;
    /// For people and documents: "boolean", "integer", "number", "text", "address", "processors",
    /// "list of texts".
    std::string name;
};

/// The ValueType of T: bool, integers, float, double, std::string, Address, CpuSet, SystemTime and
/// SteadyTime (integers, nanoseconds), std::vector<std::byte> and whatever has `bytes()`,
/// std::vector, std::optional, enumerations with an `enumerators(TypeTag<E>)`, and described
/// structs.
template <typename T>
[[nodiscard]] const ValueType& value_type();

/// Whether it is an integer or a real, or a list of them, or an optional one.
[[nodiscard]] bool holds_numbers(const ValueType& type) noexcept;

/// One field.
struct Field {
    std::string_view key;  ///< As in YAML and JSON. Ends with its unit, if it has one: `_ms`, `_b`.
    std::string_view text;  ///< What it means; one or a few sentences.
    std::string_view unit;  ///< "bytes", "milliseconds"; empty if it has none.
    const ValueType* type = nullptr;
    bool is_required = false;
    /// Of a number: smallest and largest allowed value.
    double minimum = std::numeric_limits<double>::lowest();
    double maximum = std::numeric_limits<double>::max();
    /// The address of the field in an object of the struct.
    std::function<void*(void* object)> locate;

    [[nodiscard]] const void* in(const void* object) const {
        return locate(const_cast<void*>(object));
    }
};

/// Something about a configuration that is wrong, or only worth a warning.
struct Complaint {
    enum class Severity : std::uint8_t { warning, error };

    Severity severity = Severity::error;
    std::string key;  ///< Of the field; empty for the struct as a whole.
    /// What was given and what is allowed: "is 5; allowed are 0 to 4".
    std::string message;
};

/// The fields of a struct, in the order in which they are written and read.
class StructDescription {
  public:
    [[nodiscard]] std::string_view name() const noexcept { return name_; }
    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    [[nodiscard]] std::span<const Field> fields() const noexcept { return fields_; }
    /// Null if no field has this key.
    [[nodiscard]] const Field* find(std::string_view key) const noexcept;

    /// What concerns several fields together, or the meaning of one: adds to `complaints`. Ranges
    /// are checked by whoever reads a value.
    void check(const void* object, std::vector<Complaint>& complaints) const;

    /// How the whole struct is read and written as one text, besides its keys; null if it has no
    /// such text.
    [[nodiscard]] const TextType* short_text() const noexcept {
        return short_text_ ? &*short_text_ : nullptr;
    }

    /// A default object, of which the defaults are read; null for a struct that has none.
    [[nodiscard]] const void* defaults() const noexcept { return defaults_.get(); }

  private:
    template <typename Struct>
    friend class Describer;

    std::string_view name_;
    std::string_view text_;
    std::vector<Field> fields_;
    std::function<void(const void*, std::vector<Complaint>&)> check_;
    std::optional<TextType> short_text_;
    std::shared_ptr<const void> defaults_;
};

/// Whether `describe(TypeTag<T>)` is there.
template <typename T>
concept Described = requires {
    { describe(TypeTag<T>{}) } -> std::same_as<const StructDescription&>;
};

/// Writes a StructDescription down. Texts must be literals: they are not copied.
template <typename Struct>
class Describer {
  public:
    Describer(std::string_view name, std::string_view text) {
        description_.name_ = name;
        description_.text_ = text;
        if constexpr (std::is_default_constructible_v<Struct>) {
            description_.defaults_ = std::make_shared<const Struct>();
        }
    }

    template <typename Value>
    Describer& field(std::string_view key, Value Struct::*member, std::string_view text) {
        SLUICE_CHECK(description_.find(key) == nullptr, "a struct has each key once");
        Field field;
        field.key = key;
        field.text = text;
        field.type = &value_type<Value>();
        field.locate = [member](void* object) -> void* {
            return &(static_cast<Struct*>(object)->*member);
        };
        description_.fields_.push_back(std::move(field));
        return *this;
    }

    // About the last field.

    /// Must be given.
    Describer& required() {
        last().is_required = true;
        return *this;
    }
    /// Both ends are allowed. A list's elements are meant one by one. REQUIRES: a field of numbers.
    Describer& range(double minimum, double maximum) {
        SLUICE_CHECK(minimum <= maximum && holds_numbers(*last().type),
                     "a range is of numbers and has an inside");
        last().minimum = minimum;
        last().maximum = maximum;
        return *this;
    }
    Describer& unit(std::string_view unit) {
        last().unit = unit;
        return *this;
    }

    /// About the whole struct: see StructDescription::check.
    Describer& check(void (*function)(const Struct&, std::vector<Complaint>&)) {
        description_.check_ = [function](const void* object, std::vector<Complaint>& complaints) {
            function(*static_cast<const Struct*>(object), complaints);
        };
        return *this;
    }

    /// About the whole struct: it may be written as a text too, of this form (for people). `parse`
    /// makes a Result<Struct> of a std::string_view, what it makes passes the check, and its errors
    /// are those of TextType; `print` makes a std::string of a Struct.
    template <auto parse, auto print>
    Describer& short_text(std::string_view form) {
        description_.short_text_ =
            TextType{form,
                     [](const void* value, std::string& out) {
                         out += std::invoke(print, *static_cast<const Struct*>(value));
                     },
                     [](void* value, std::string_view given) -> Result<void> {
                         Result<Struct> parsed = std::invoke(parse, given);
                         if (!parsed) {
                             return parsed.error();
                         }
                         *static_cast<Struct*>(value) = *std::move(parsed);
                         return {};
                     },
                     false};
        return *this;
    }

    operator StructDescription() { return std::move(description_); }

  private:
    Field& last() {
        SLUICE_CHECK(!description_.fields_.empty(), "a describer's field comes first");
        return description_.fields_.back();
    }

    StructDescription description_;
};

}  // namespace sluice

#include "sluice/core/describe_impl.hpp"
