/// A value or an Error. The names are a subset of those of C++23's std::expected.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "sluice/core/check.hpp"
#include "sluice/core/error.hpp"

namespace sluice {

/// The result of something that can fail in expected ways.
///
///     Result<Address> address = Address::parse(text);
///     if (!address) return address.error();
///     connect(*address);
///
/// Reading the value of a failure (or the error of a success) is a bug and aborts.
template <typename T>
class [[nodiscard]] Result {
  public:
    using value_type = T;

    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    [[nodiscard]] T& value() & { return checked_value(); }
    [[nodiscard]] const T& value() const& { return const_cast<Result*>(this)->checked_value(); }
    [[nodiscard]] T&& value() && { return std::move(checked_value()); }
    [[nodiscard]] T& operator*() & { return checked_value(); }
    [[nodiscard]] const T& operator*() const& { return value(); }
    [[nodiscard]] T&& operator*() && { return std::move(checked_value()); }
    [[nodiscard]] T* operator->() { return &checked_value(); }
    [[nodiscard]] const T* operator->() const { return &value(); }

    [[nodiscard]] T value_or(T fallback) const& { return has_value() ? value() : fallback; }

    [[nodiscard]] const Error& error() const& {
        SLUICE_CHECK(!has_value(), "error() of a Result that holds a value");
        return *std::get_if<1>(&state_);
    }

  private:
    T& checked_value() {
        SLUICE_CHECK(has_value(), "value() of a Result that holds an error");
        return *std::get_if<0>(&state_);
    }

    std::variant<T, Error> state_;
};

/// The result of something that yields nothing but may fail. Default-constructed: success.
template <>
class [[nodiscard]] Result<void> {
  public:
    using value_type = void;

    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return !error_; }
    explicit operator bool() const noexcept { return has_value(); }

    [[nodiscard]] const Error& error() const& {
        SLUICE_CHECK(error_, "error() of a Result that succeeded");
        return *error_;
    }

  private:
    std::optional<Error> error_;
};

}  // namespace sluice
