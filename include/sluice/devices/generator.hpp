/// What a simulated device says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::devices {

/// Makes the messages of a device. A message is a function of its number and of the generator's
/// options only, so that the stream can be made again, and begun anywhere. Any thread.
class Generator {
  public:
    struct Written {
        std::uint64_t messages = 0;
        std::size_t bytes = 0;
    };

    virtual ~Generator() = default;

    /// No message is larger.
    [[nodiscard]] virtual std::size_t message_bytes_max() const noexcept = 0;

    /// Writes the messages from `number` on one after the other: as many as surely fit into
    /// `target`, but `messages_max` at most.
    [[nodiscard]] virtual Written write(std::uint64_t number, std::uint64_t messages_max,
                                        std::span<std::byte> target) const = 0;
};

}  // namespace sluice::devices
