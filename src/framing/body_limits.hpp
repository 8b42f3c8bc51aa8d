/// What most framers refuse to write.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "sluice/core/result.hpp"
#include "sluice/framing/framer.hpp"

namespace sluice {

/// Errors: `invalid_argument` for another head or fewer bytes than allowed, `too_large` for more.
[[nodiscard]] inline Result<void> check_size(const char* what, std::size_t given_b,
                                             std::size_t allowed_b_min, std::size_t allowed_b_max) {
    if (given_b >= allowed_b_min && given_b <= allowed_b_max) {
        return {};
    }
    const std::string allowed =
        allowed_b_min == allowed_b_max
            ? std::to_string(allowed_b_min)
            : std::to_string(allowed_b_min) + " to " + std::to_string(allowed_b_max);
    return Error(
        given_b > allowed_b_max ? Errc::too_large : Errc::invalid_argument,
        std::string(what) + " of " + std::to_string(given_b) + " bytes; allowed are " + allowed);
}

/// Of a framing without head.
[[nodiscard]] inline Result<void> check_body(std::span<const std::byte> head, FrameBody body,
                                             std::size_t body_b_min, std::size_t body_b_max) {
    if (!head.empty()) {
        return Error(Errc::invalid_argument,
                     "a head of " + std::to_string(head.size()) + " bytes; this framing has none");
    }
    return check_size("a body", size_b(body), body_b_min, body_b_max);
}

/// Of a framing with one.
[[nodiscard]] inline Result<void> check_head(std::span<const std::byte> head,
                                             std::size_t allowed_b) {
    if (head.size() == allowed_b) {
        return {};
    }
    return Error(Errc::invalid_argument, "a head of " + std::to_string(head.size()) +
                                             " bytes; allowed are " + std::to_string(allowed_b));
}

}  // namespace sluice
