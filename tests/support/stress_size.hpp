/// How much a stress test moves.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace sluice::test {

/// SLUICE_BYTES of the environment, or 200 MB.
inline std::uint64_t stress_bytes() {
    std::uint64_t bytes = 200'000'000;
    if (const char* text = std::getenv("SLUICE_BYTES")) {
        const std::string_view digits(text);
        std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
    }
    return bytes;
}

/// How long a test that moves them may take: only a fault is so slow.
inline std::chrono::seconds stress_patience() {
    return std::chrono::seconds(60 + stress_bytes() / 4'000'000);
}

}  // namespace sluice::test
