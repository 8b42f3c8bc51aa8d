/// Packets as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sluice/net/packet.hpp"

namespace sluice::cli {

/// Appends 16 bytes a line, as `hexdump -C` does: offset in the stream, hexadecimal, printable.
void append_hex(std::string& text, const net::Packet& packet);

/// Appends one line: `{"time_ns":1,"offset":0,"length":3,"data":"YWJj","connection":1}`.
void append_json(std::string& text, const net::Packet& packet, std::uint64_t connection);

/// RFC 4648, section 4, with padding.
void append_base64(std::string& text, std::span<const std::byte> bytes);

}  // namespace sluice::cli
