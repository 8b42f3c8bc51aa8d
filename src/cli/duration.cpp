#include "cli/duration.hpp"

#include <charconv>
#include <string>

namespace sluice::cli {
namespace {

constexpr double day_ms = 24.0 * 60 * 60 * 1000;

/// Milliseconds in one of the unit; 0 if there is no such unit.
double unit_ms(std::string_view unit) {
    if (unit == "ms") {
        return 1;
    }
    if (unit == "s") {
        return 1000;
    }
    return unit == "m" ? 60'000 : 0;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    double value = -1;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value, std::chars_format::fixed);
    const std::string_view unit(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
    if (parsed.ec == std::errc{} && value == 0 && (unit.empty() || unit_ms(unit) > 0)) {
        return Duration::zero();
    }
    const double ms = value * unit_ms(unit);
    if (parsed.ec != std::errc{} || !(ms >= 1 && ms <= day_ms)) {
        return Error(Errc::invalid_argument,
                     "\"" + std::string(text) +
                         "\"; allowed are a number and ms, s or m, such as 250ms, 2s or 1.5m, "
                         "from 1ms to 24 hours, and 0");
    }
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms));
}

}  // namespace sluice::cli
