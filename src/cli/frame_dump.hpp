/// A frame for people, with its borders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::cli {

inline constexpr std::string_view colour_none = "\x1b[0m";
inline constexpr std::string_view colour_bad = "\x1b[31m";
inline constexpr std::string_view colour_header = "\x1b[36m";
inline constexpr std::string_view colour_trailer = "\x1b[35m";

struct FrameBorders {
    std::uint64_t offset = 0;  ///< Of the first byte in the stream.
    std::size_t payload_begin = 0;
    std::size_t payload_end = 0;
    bool colour = false;
};

/// Appends 16 bytes a line: the offset of the line's first byte, hexadecimal, printable; with a bar
/// where the payload begins and where it ends:
///
///     00000000  00 00 00 05|68 65 6c 6c  6f                       |....hello|
void append_frame_dump(std::string& out, std::span<const std::byte> frame,
                       const FrameBorders& borders);

}  // namespace sluice::cli
