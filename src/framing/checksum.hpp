/// The checksums of FramingChecksum.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sluice/framing/framing.hpp"

namespace sluice {

/// How many bytes it has on the wire.
[[nodiscard]] std::size_t checksum_b(FramingChecksum kind) noexcept;

/// Sums bytes up that come in pieces.
class Checksum {
  public:
    explicit Checksum(FramingChecksum kind) noexcept;

    void add(std::span<const std::byte> bytes) noexcept;
    [[nodiscard]] std::uint32_t value() const noexcept;
    /// As on the wire: the first checksum_b(kind) bytes.
    [[nodiscard]] std::array<std::byte, 4> bytes(FramingByteOrder order) const noexcept;

  private:
    FramingChecksum kind_;
    std::uint32_t state_;
};

}  // namespace sluice
