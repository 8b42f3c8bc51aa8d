/// What clients and servers of messages have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/framing/framer.hpp"
#include "sluice/framing/framing.hpp"
#include "sluice/messaging/message.hpp"
#include "sluice/net/socket_options.hpp"
#include "sluice/net/transmit_lane.hpp"
#include "sluice/sys/thread.hpp"

namespace sluice {

/// `length:u32be,strip:4`: a length of 32 bits, big endian, then the message. Tokio's default, and
/// Netty's with 4 bytes stripped.
[[nodiscard]] Framing default_message_framing();

/// Who gets the messages that arrive.
enum class MessageDelivery : std::uint8_t {
    queue,    ///< `receive` and its siblings, on a thread of the program's own.
    handler,  ///< MessageHandler::on_message, on the receive thread: the shortest way.
};

/// What is told while it runs, on the receive thread. Calls may send and close a peer, and must not
/// wait; what they send leaves when they have returned.
class MessageHandler {
  public:
    /// With MessageDelivery::handler only.
    virtual void on_message(const MessageView& message) { static_cast<void>(message); }
    /// A connection is there. `address`: of the other side.
    virtual void on_connected(PeerId peer, const std::string& address) {
        static_cast<void>(peer);
        static_cast<void>(address);
    }
    /// It is gone; all that arrived on it was delivered or queued before. Not called by `close`.
    virtual void on_disconnected(PeerId peer, const Error& reason) {
        static_cast<void>(peer);
        static_cast<void>(reason);
    }

  protected:
    ~MessageHandler() = default;
};

struct MessagingOptions {
    Framing framing = default_message_framing();
    /// A framing of one's own instead of `framing`.
    std::shared_ptr<const Framer> framer{};

    MessageDelivery delivery = MessageDelivery::queue;
    /// Bytes of received messages that may wait for `receive`, their memory rounded up to whole
    /// batches: at this mark the connections stop reading, TCP makes the peers wait, and they read
    /// on when half of it is free.
    std::size_t receive_queue_b = std::size_t{8} * 1024 * 1024;
    /// Where what is received lives. It must hold a frame of the framing's maximum, in a block of
    /// its size class, and two slabs.
    BufferPoolOptions receive_pool{.size_b = std::size_t{64} * 1024 * 1024};

    /// The bounds of what waits to be sent: of each MessageSender, and of the sends without one.
    net::LaneOptions sending{};
    /// Without a connection messages wait (true), or are refused with `not_connected`, and a lost
    /// connection takes those that wait with it (false).
    bool wait_for_connection = true;

    net::SocketOptions socket{};
    /// Ends a connection whose peer began a frame and does not finish it for so long (to a quarter
    /// of it more).
    Duration frame_timeout = std::chrono::seconds(30);
    /// Look for work so long before sleeping, on the receive thread and in `receive`: trades a
    /// processor for tens of microseconds of latency. 0 = sleep at once.
    Duration busy_poll{};
    sys::ThreadOptions thread{.name = "messages"};
};

/// Everything that is wrong, in one error.
[[nodiscard]] Result<void> validate(const MessagingOptions& options);

/// Figures of the messages that arrived; always: received_b = payload + overhead + skipped +
/// buffered of the framing.
struct MessageCounts {
    std::uint64_t messages = 0;    ///< Whole ones.
    std::uint64_t payload_b = 0;   ///< Of them.
    std::uint64_t received_b = 0;  ///< On the wire.
    std::uint64_t overhead_b = 0;
    std::uint64_t skipped_b = 0;
    std::uint64_t buffered_b = 0;
    std::uint64_t copied_b = 0;  ///< Payload that was moved to stand in one piece.
    std::uint64_t bad_frames = 0;
};

}  // namespace sluice
