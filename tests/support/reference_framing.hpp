/// Framings decoded slowly and obviously, a byte at a time, from a whole stream in memory; and a
/// framer driven over a stream in pieces. Both tell what they found as one text, to compare.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/framing/framer.hpp"
#include "sluice/framing/framing.hpp"

namespace sluice::test {

using Bytes = std::vector<std::byte>;

[[nodiscard]] Bytes bytes_of(std::string_view text);
/// Of pairs of digits, with spaces where one likes.
[[nodiscard]] Bytes from_hex(std::string_view text);
[[nodiscard]] std::string to_hex(std::span<const std::byte> bytes);
void append(Bytes& target, std::span<const std::byte> source);

/// What a synced stream is up to its first fault: `8:686578` for each frame (its length on the wire
/// and its payload in hexadecimal), then the fault's name with its offset, if there is one.
[[nodiscard]] std::string reference(const Framing& framing, std::span<const std::byte> stream);

struct Drive {
    /// Where the stream is cut, ascending.
    std::vector<std::size_t> cuts = {};
    bool is_synced = true;
    /// Whether to go on behind bad bytes, as far as the framer says how many they are. They are
    /// told once, up to the next frame: `bad_sync@4+7 `.
    bool goes_on = false;
};
/// The same of a framer. Checks what every framer promises on the way.
[[nodiscard]] std::string drive(const Framer& framer, std::span<const std::byte> stream,
                                const Drive& how = {});

/// The same of a framer's scan_run on the whole stream, up to the first fault, which is not told.
[[nodiscard]] std::string drive_run(const Framer& framer, std::span<const std::byte> stream);

/// How long the head is that the framing wants.
[[nodiscard]] std::size_t head_b(const Framing& framing);

/// One frame of a message in pieces, escaped or enclosed.
[[nodiscard]] Result<Bytes> encode(const Framer& framer, std::span<const std::byte> head,
                                   FrameBody body);
[[nodiscard]] Result<Bytes> encode(const Framer& framer, std::span<const std::byte> head,
                                   std::span<const std::byte> body);

}  // namespace sluice::test
