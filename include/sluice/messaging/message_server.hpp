/// Framed messages from and to many clients.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sluice/core/address.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/messaging/message.hpp"
#include "sluice/messaging/message_cursor.hpp"
#include "sluice/messaging/message_sender.hpp"
#include "sluice/messaging/messaging_options.hpp"
#include "sluice/net/transmit_queue.hpp"

namespace sluice {

struct MessageServerOptions {
    /// Where to listen: a numeric address or `unix:/path`; port 0 chooses one.
    Address address{};
    /// Without it only addresses of this machine are taken: there is no TLS yet.
    bool allow_remote = false;
    /// Connections beyond this are closed at once, and counted.
    std::size_t peers_max = 1024;
    /// Ends the connection to a peer that says nothing for so long (to a quarter of it more),
    /// counted from its connect or its last byte, while the server reads; 0 = off. Else silent
    /// peers could hold all of `peers_max`.
    Duration data_receive_timeout{};
    /// For each peer, `messaging.sending` bounds what waits to be sent to it; its messages never
    /// wait for a connection.
    MessagingOptions messaging{};
};

[[nodiscard]] Result<void> validate(const MessageServerOptions& options);

struct MessageServerStatistics {
    std::size_t peers = 0;            ///< Connected now.
    std::uint64_t connects = 0;       ///< So far.
    std::uint64_t refused = 0;        ///< Closed at once: too many, or no descriptors.
    MessageCounts received;           ///< From all peers, also those that are gone.
    net::EgressLedger sent;           ///< To all peers, also those that are gone.
    std::size_t waiting_batches = 0;  ///< Received, and not taken by `receive` yet.
    std::size_t waiting_b = 0;
};

/// Listens, and exchanges messages with whoever connects. A thread of its own receives and sends
/// for all; messages of all peers come out of one queue, or go to one handler. No peer starves
/// another: one that sends faster than it is read waits when the queue is full, as the others do,
/// and each may keep a quarter of the receive pool.
class MessageServer final {
  public:
    /// Listens from here on. `handler`, if any, must outlive the server. Errors: of the options,
    /// `address_in_use`, `permission_denied`, `limit_reached` and those of net::Listener.
    [[nodiscard]] static Result<std::unique_ptr<MessageServer>> start(
        const MessageServerOptions& options, MessageHandler* handler = nullptr);
    /// As `close` with no time at all. REQUIRES: every Message of it is gone, and every Buffer of
    /// its pool but those that it was given to send.
    ~MessageServer();
    MessageServer(const MessageServer&) = delete;
    MessageServer& operator=(const MessageServer&) = delete;

    /// Where it listens, with the port that was chosen.
    [[nodiscard]] std::string local_address() const;
    /// Who is connected, in no particular order. Any thread.
    [[nodiscard]] std::vector<PeerId> peers() const;

    // Sending; any thread. Besides the errors of MessageSender: `not_connected` for a peer that is
    // gone.

    /// A queue of one's own to one peer: for a thread that sends much.
    [[nodiscard]] Result<MessageSender> sender(PeerId peer);
    Result<void> send(PeerId peer, std::span<const std::byte> message, SteadyTime deadline = never);
    Result<void> try_send(PeerId peer, std::span<const std::byte> message) {
        return send(peer, message, SteadyTime::min());
    }
    Result<void> send(PeerId peer, std::span<Buffer> fragments, SteadyTime deadline = never,
                      std::span<const std::byte> head = {});
    Result<void> try_send(PeerId peer, std::span<Buffer> fragments,
                          std::span<const std::byte> head = {}) {
        return send(peer, fragments, SteadyTime::min(), head);
    }
    /// One message to all who are connected, without waiting: whoever has no room does not get it.
    /// The bytes are not copied for each. Returns how many have it.
    std::size_t broadcast(const Buffer& message);
    /// For fragments: memory to fill (`acquire`), or memory of one's own to lend (`wrap`).
    [[nodiscard]] BufferPool& pool() noexcept;

    // Receiving; one thread at a time. As of MessageClient.

    Result<Message> receive(SteadyTime deadline = never) {
        if (const Frame* const frame = cursor_->next()) [[likely]] {
            return cursor_->take(*frame);
        }
        return receive_next(deadline);
    }
    Result<Message> try_receive() { return receive(SteadyTime::min()); }
    Result<std::size_t> receive_batch(std::span<Message> messages, SteadyTime deadline = never);
    [[nodiscard]] Result<int> descriptor();

    // Any thread.

    /// Ends the connection to a peer; what waits for it is dropped. Nothing if it is gone.
    void disconnect(PeerId peer);
    /// Accepts nobody any more, sends each peer everything that was accepted, ends the sending
    /// direction, and waits until all peers have ended theirs, which tells that they have read
    /// everything; after `deadline` at the latest it ends all connections and waiting calls return.
    /// A peer that does not end when the server does is waited for until then. Meanwhile `receive`
    /// goes on; what arrives when its queue is full is dropped. Not in a callback.
    void close(SteadyTime deadline);

    [[nodiscard]] MessageServerStatistics statistics() const;

  private:
    struct State;
    explicit MessageServer(std::shared_ptr<State> state) noexcept;
    /// The first message of the next batch.
    Result<Message> receive_next(SteadyTime deadline);

    std::shared_ptr<State> state_;
    detail::MessageCursor* const cursor_;  // the state's
};

}  // namespace sluice
