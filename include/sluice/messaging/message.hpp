/// A message that was received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "sluice/buffers/buffer.hpp"

namespace sluice {

/// Names a connection, for ever: never reused within a MessageServer. Of a MessageClient: counts
/// its connections from 1.
using PeerId = std::uint64_t;

/// Owns its bytes, as a share of the memory into which they were received: nothing was copied, and
/// the memory goes back to its pool when the last message in it is gone. Whoever keeps small
/// messages for long copies them out. Move-only; any thread, one at a time.
class Message {
  public:
    Message() = default;
    Message(Buffer bytes, PeerId peer, std::uint64_t stream_offset) noexcept
        : bytes_(std::move(bytes)), peer_(peer), stream_offset_(stream_offset) {}

    /// The payload, as the framing hands it on; may be empty.
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_.bytes(); }
    [[nodiscard]] const std::byte* data() const noexcept { return bytes_.data(); }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    /// Who sent it.
    [[nodiscard]] PeerId peer() const noexcept { return peer_; }
    /// Of its frame's first byte in what its connection received.
    [[nodiscard]] std::uint64_t stream_offset() const noexcept { return stream_offset_; }

    /// The bytes as a Buffer, to share, slice or send on without a copy.
    [[nodiscard]] const Buffer& buffer() const noexcept { return bytes_; }
    [[nodiscard]] Buffer take_buffer() && noexcept { return std::move(bytes_); }

  private:
    Buffer bytes_;
    PeerId peer_ = 0;
    std::uint64_t stream_offset_ = 0;
};

/// A message in a MessageHandler's callback: it does not own its bytes.
struct MessageView {
    std::span<const std::byte> bytes;
    PeerId peer = 0;
    std::uint64_t stream_offset = 0;
    /// What the bytes are a part of: `keep` shares it.
    const Buffer* memory = nullptr;

    /// An owning message of the same bytes, without a copy.
    [[nodiscard]] Message keep() const;
};

}  // namespace sluice
