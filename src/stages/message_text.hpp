/// Messages as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sluice/core/time.hpp"
#include "sluice/pipeline/subscription.hpp"

namespace sluice {

// Each appends whole lines. Of the bytes of one message at most `bytes_max` are shown, and it is
// told how many are not. `lost_before`: messages of the channel that were lost before this one.

void append_message_text(std::string& out, const AnyDelivery& delivery, std::uint64_t lost_before,
                         std::uint64_t bytes_max);
void append_message_hex(std::string& out, const AnyDelivery& delivery, std::uint64_t lost_before,
                        std::uint64_t bytes_max);
/// One line; all of the message, null if its type is not described.
void append_message_json(std::string& out, const AnyDelivery& delivery, std::uint64_t lost_before);

/// `1 byte`, `2 bytes`.
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);

/// `2026-11-22T23:34:11.000000000Z`.
void append_time(std::string& out, SystemTime time);

/// In quotes; what a terminal would not show as it is (control characters, bytes that are no
/// UTF-8) as `\r`, `\n`, `\t` or `\x1b`.
void append_escaped(std::string& out, std::span<const std::byte> bytes);

}  // namespace sluice
