/// Assertions that stay on in release builds.
#pragma once

namespace sluice::detail {

/// Prints `file:line: CHECK failed: expression (why)` to standard error and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* expression,
                               const char* why) noexcept;

}  // namespace sluice::detail

/// Aborts, also in release builds, unless `condition` holds. For bugs only: whatever the outside
/// world can cause is a `Result`. `why` is a string literal that says which promise was broken.
#define SLUICE_CHECK(condition, why)                   \
    (__builtin_expect(static_cast<bool>(condition), 1) \
         ? static_cast<void>(0)                        \
         : ::sluice::detail::check_failed(__FILE__, __LINE__, #condition, why))
