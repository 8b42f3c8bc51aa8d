/// Bytes for people, as `hexdump -C` shows them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace sluice {

/// Appends 16 bytes a line: the offset of the line's first byte, hexadecimal, printable. `offset`
/// is that of the first byte.
void append_hex_dump(std::string& out, std::uint64_t offset, std::span<const std::byte> bytes);

}  // namespace sluice
