/// Where a program stands in the messages that it takes from a MessageClient or MessageServer.
#pragma once

#include <utility>

#include "sluice/framing/frame_batch.hpp"
#include "sluice/messaging/message.hpp"

namespace sluice::detail {

/// Takes one batch apart into messages. In a public header only so that `receive` calls nothing
/// while the batch has more. One thread at a time.
class MessageCursor final {
  public:
    MessageCursor() = default;
    MessageCursor(const MessageCursor&) = delete;
    MessageCursor& operator=(const MessageCursor&) = delete;

    /// Goes on with `batch`, which `peer` sent. REQUIRES: next() said that there is no more.
    void open(FrameBatch batch, PeerId peer) {
        batch_ = std::move(batch);
        peer_ = peer;
        reader_ = FrameReader(batch_);
        shares_ = BufferShares(batch_.bytes(), static_cast<std::uint32_t>(batch_.size()));
    }
    /// Lets the batch go. REQUIRES: as of open.
    void close() {
        shares_ = BufferShares();
        batch_ = FrameBatch();
    }

    /// The next frame of the batch, to be taken; null behind the last.
    [[nodiscard]] const Frame* next() { return reader_.next(); }
    [[nodiscard]] Message take(const Frame& frame) noexcept {
        return Message(shares_.take(frame.payload), peer_, frame.stream_offset);
    }

  private:
    FrameBatch batch_;
    FrameReader reader_;
    BufferShares shares_;
    PeerId peer_ = 0;
};

}  // namespace sluice::detail
