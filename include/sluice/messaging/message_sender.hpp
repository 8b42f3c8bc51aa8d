/// One thread's way of sending messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sluice/buffers/buffer.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/framing/framer.hpp"
#include "sluice/net/transmit_lane.hpp"

namespace sluice {

class MessageClient;
class MessageServer;
namespace messaging {
class LaneSending;
}  // namespace messaging

/// Frames messages and hands them to the thread that sends. Made by MessageClient::sender and
/// MessageServer::sender, one for each thread that sends much: it has a queue of its own, which
/// costs no lock. Its messages arrive in their order; those of different senders are not ordered.
/// What was accepted is sent also when the sender is gone.
///
/// A message is accepted when the function returns success: it waits to be sent, or is with the
/// kernel. Errors of all: `too_large` (for the framing, or for the sender's bounds), `stopped`
/// (closed), `invalid_argument` (what the framing cannot carry), `not_connected` (unless messages
/// wait for a connection). Move-only; one thread at a time.
class MessageSender final {
  public:
    /// Sends nothing: to be assigned to.
    MessageSender() noexcept;
    /// Nothing can be sent with what was moved from.
    MessageSender(MessageSender&& other) noexcept;
    MessageSender& operator=(MessageSender&& other) noexcept;
    ~MessageSender();

    /// Copies one message and waits for room if need be: `timed_out` at the deadline. Not in a
    /// callback of the messaging's own thread.
    Result<void> send(std::span<const std::byte> message, SteadyTime deadline = never) {
        if (write(message)) [[likely]] {
            return {};
        }
        return send_slowly(message, deadline);
    }
    /// The same, but `would_block` when there is no room now.
    Result<void> try_send(std::span<const std::byte> message) {
        if (write(message)) [[likely]] {
            return {};
        }
        return send_slowly(message, SteadyTime::min());
    }

    /// One message of fragments, in their order: those from `copy_below_b` on are not copied, and
    /// given back when their last byte is with the kernel. They are moved from on success only.
    /// `head` is what stands before the length field, for framings that have such bytes.
    Result<void> send(std::span<Buffer> fragments, SteadyTime deadline = never,
                      std::span<const std::byte> head = {});
    Result<void> try_send(std::span<Buffer> fragments, std::span<const std::byte> head = {}) {
        return send(fragments, SteadyTime::min(), head);
    }

    /// Copies messages from the front of `messages` until one cannot be sent, and says how many
    /// were accepted; fails only when the first could not.
    Result<std::size_t> send_batch(std::span<const std::span<const std::byte>> messages,
                                   SteadyTime deadline = never);

  private:
    friend class MessageClient;
    friend class MessageServer;
    MessageSender(std::unique_ptr<messaging::LaneSending> sending, const Framer& framer) noexcept;

    /// A small message behind a length: the common case. False: not that, or not now.
    bool write(std::span<const std::byte> message) noexcept {
        if (message.size() >= small_b_end_) [[unlikely]] {
            return false;
        }
        const std::uint64_t value = message.size() + prefix_.value_offset;
        const std::uint64_t ordered =
            prefix_.is_big_endian ? __builtin_bswap64(value) >> (64 - 8 * prefix_.bytes) : value;
        return lane_->try_write(ordered, prefix_.bytes, message);
    }
    Result<void> send_slowly(std::span<const std::byte> message, SteadyTime deadline);

    net::TransmitLane* lane_ = nullptr;
    LengthPrefix prefix_;
    std::size_t small_b_end_ = 0;  // shorter ones are written behind the prefix
    std::unique_ptr<messaging::LaneSending> sending_;
};

}  // namespace sluice
