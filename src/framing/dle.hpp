/// The types of Beast frames: an escape byte, a type, and as much as the type says.
#pragma once

#include <cstddef>

namespace sluice {

/// How many bytes follow the escape byte, the type itself included, before escapes: a time stamp of
/// 6 bytes, a signal level of 1, and what was received. 0: no such type. The table is that of
/// readsb and dump1090: Mode A/C, Mode S short, Mode S long, and status messages.
[[nodiscard]] constexpr std::size_t dle_frame_b(std::byte type) noexcept {
    switch (std::to_integer<char>(type)) {
        case '1':
            return 1 + 6 + 1 + 2;
        case '2':
            return 1 + 6 + 1 + 7;
        case '3':
        case '4':
            return 1 + 6 + 1 + 14;
        default:
            return 0;
    }
}

inline constexpr std::size_t dle_body_b_max = 1 + 6 + 1 + 14;
/// With everything behind the type doubled.
inline constexpr std::size_t dle_wire_b_max = 2 + 2 * (dle_body_b_max - 1);

}  // namespace sluice
