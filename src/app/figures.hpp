/// Numbers and times for people.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/core/describe.hpp"
#include "sluice/core/time.hpp"

namespace sluice::app {

/// "4,070"
[[nodiscard]] std::string grouped_digits(std::uint64_t number);

/// "312 B", "4.9 MB": powers of 1,000, as networks are measured.
[[nodiscard]] std::string traffic_bytes(double bytes);

/// "12:00:01", where the machine is.
[[nodiscard]] std::string clock_time(SystemTime time);

/// "stopped 1, peer_closed 2": the counts of a described struct that are not 0; "none".
[[nodiscard]] std::string counts_text(const StructDescription& description, const void* counts);

template <Described T>
[[nodiscard]] std::string counts_text(const T& counts) {
    return counts_text(describe(TypeTag<T>{}), &counts);
}

}  // namespace sluice::app
