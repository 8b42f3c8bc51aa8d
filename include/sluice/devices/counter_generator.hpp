/// A device that counts.
#pragma once

#include "sluice/devices/generator.hpp"

namespace sluice::devices {

/// Message n is the counter record with the sequence number n (docs/formats/counter_record.md).
class CounterGenerator final : public Generator {
  public:
    [[nodiscard]] std::size_t message_bytes_max() const noexcept override;
    [[nodiscard]] Written write(std::uint64_t number, std::uint64_t messages_max,
                                std::span<std::byte> target) const override;
};

}  // namespace sluice::devices
