/// A device's messages in frames.
#pragma once

#include <memory>
#include <vector>

#include "sluice/devices/device_server.hpp"
#include "sluice/devices/generator.hpp"
#include "sluice/framing/framing.hpp"

namespace sluice::devices {

/// Whether the framing carries every record of such a device. The detail says why not.
[[nodiscard]] Result<void> check_framing(DeviceKind kind, const Framing& framing);

/// Wraps each record of another generator's messages in a frame: each NMEA sentence, without its
/// CRLF; each lidar packet; each counter record. What stands before a length field is zeros.
class FramedGenerator final : public Generator {
  public:
    /// REQUIRES: check_framing(kind, framing).
    FramedGenerator(std::unique_ptr<Generator> plain, DeviceKind kind, const Framing& framing);

    /// Exact where records have one length, unless the framing escapes bytes.
    [[nodiscard]] std::size_t message_bytes_max() const noexcept override {
        return message_bytes_max_;
    }
    [[nodiscard]] Written write(std::uint64_t number, std::uint64_t messages_max,
                                std::span<std::byte> target) const override;

  private:
    /// Returns the length of the frame.
    [[nodiscard]] std::size_t frame(std::span<const std::byte> record,
                                    std::span<std::byte> target) const;

    const std::unique_ptr<Generator> plain_;
    const bool has_lines_;
    const std::vector<std::byte> head_;
    const std::shared_ptr<const Framer> framer_;
    const std::size_t message_bytes_max_;
};

}  // namespace sluice::devices
