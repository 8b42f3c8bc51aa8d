/// Packets and frames as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sluice/framing/frame_batch.hpp"
#include "sluice/net/packet.hpp"

namespace sluice::cli {

/// Appends 16 bytes a line, as `hexdump -C` does: offset in the stream, hexadecimal, printable.
void append_hex(std::string& text, const net::Packet& packet);

/// Appends one line: `{"time_ns":1,"offset":0,"length":3,"data":"YWJj","connection":1}`.
void append_json(std::string& text, const net::Packet& packet, std::uint64_t connection);

/// Appends `frame at 0: 3 bytes` and then the payload, as `hexdump -C` does.
void append_hex(std::string& text, const Frame& frame);

/// Appends one line: `{"time_ns":1,"offset":0,"length":3,"data":"YWJj"}`, where the offset is that
/// of the frame's first byte, and the rest is the payload's.
void append_json(std::string& text, const Frame& frame, SystemTime receive_time);

/// Two digits.
void append_hex_byte(std::string& text, std::byte byte);

/// RFC 4648, section 4, with padding.
void append_base64(std::string& text, std::span<const std::byte> bytes);

}  // namespace sluice::cli
