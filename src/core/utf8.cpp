#include "sluice/core/utf8.hpp"

#include <algorithm>

#include "sluice/core/check.hpp"

namespace sluice {
namespace {

/// What a first byte promises: how many bytes, and between which ends the second one lies. The
/// table is the Unicode standard's 3-7.
struct Lead {
    std::size_t size;
    unsigned char second_min = 0x80;
    unsigned char second_max = 0xBF;
};

Lead lead(unsigned char byte) noexcept {
    if (byte < 0x80) {
        return {1};
    }
    if (byte < 0xC2 || byte > 0xF4) {
        return {0};
    }
    if (byte < 0xE0) {
        return {2};
    }
    switch (byte) {
        case 0xE0:
            return {3, 0xA0, 0xBF};
        case 0xED:
            return {3, 0x80, 0x9F};
        case 0xF0:
            return {4, 0x90, 0xBF};
        case 0xF4:
            return {4, 0x80, 0x8F};
        default:
            return {byte < 0xF0 ? std::size_t{3} : std::size_t{4}};
    }
}

}  // namespace

Utf8Front utf8_front(std::string_view text) noexcept {
    SLUICE_CHECK(!text.empty(), "a text has a front");
    const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const Lead first = lead(byte(0));
    if (first.size <= 1) {
        return {1, first.size == 1};
    }
    const std::size_t there = std::min(first.size, text.size());
    for (std::size_t at = 1; at < there; ++at) {
        const unsigned char low = at == 1 ? first.second_min : 0x80;
        const unsigned char high = at == 1 ? first.second_max : 0xBF;
        if (byte(at) < low || byte(at) > high) {
            return {at, false};
        }
    }
    return {there, there == first.size};
}

}  // namespace sluice
