/// Keeps an event that comes again and again from filling the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::app {

/// Admits the first occurrences of each event between two ticks, and counts the others.
class LogLimiter final {
  public:
    explicit LogLimiter(std::uint64_t admitted_max) : admitted_max_(admitted_max) {}

    /// Whether the event may be shown.
    [[nodiscard]] bool admit(std::string_view event);
    /// Begins anew; returns the events that were not admitted, and how often.
    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> tick();

  private:
    // Names of events are few; should they be many, the rest shares one count.
    static constexpr std::size_t events_max = 256;

    const std::uint64_t admitted_max_;
    std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace sluice::app
