/// What is to be sent to a device.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "sluice/buffers/buffer.hpp"
#include "sluice/core/describe.hpp"

namespace sluice {

/// One message for a device: `data`, then `fragments` in order, without being joined. It is sent
/// whole or not at all.
struct EgressPacket {
    std::vector<std::byte> data;
    std::vector<Buffer> fragments;

    /// Replaces the whole message by a copy of `bytes`.
    void assign(std::span<const std::byte> bytes);
    void assign(std::string_view text);

    /// All of it, in bytes.
    [[nodiscard]] std::size_t payload_b() const noexcept;
    [[nodiscard]] std::size_t charge_b() const noexcept;
    /// Empties it and keeps its memory for the next message.
    void clear() noexcept;
};
[[nodiscard]] const StructDescription& describe(TypeTag<EgressPacket>);

}  // namespace sluice
