/// Framed messages to and from a server, over one connection that comes back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "sluice/core/address.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/messaging/message.hpp"
#include "sluice/messaging/message_cursor.hpp"
#include "sluice/messaging/message_sender.hpp"
#include "sluice/messaging/messaging_options.hpp"
#include "sluice/net/link.hpp"

namespace sluice {

struct MessageClientOptions {
    /// The server. A name is resolved again at every attempt.
    Address address{};
    MessagingOptions messaging{};

    // As of net::LinkOptions.
    std::optional<Address> local_address{};
    Duration connect_timeout = std::chrono::seconds(5);
    bool reconnect = true;
    Duration reconnect_initial = std::chrono::milliseconds(100);
    Duration reconnect_max = std::chrono::seconds(5);
    Duration data_receive_timeout{};
};

[[nodiscard]] Result<void> validate(const MessageClientOptions& options);

struct MessageClientStatistics {
    MessageCounts received;
    net::LinkStatistics link;         ///< With the ledger of what is sent.
    std::size_t waiting_batches = 0;  ///< Received, and not taken by `receive` yet.
    std::size_t waiting_b = 0;
};

/// Stays connected to a server. A thread of its own receives and sends; the program queues messages
/// and takes those that arrived from a queue, or gets them on that thread (MessageHandler).
///
///     auto client = MessageClient::start({.address = *Address::parse("localhost:7000")});
///     client->send(bytes_of("hello"));
///     Result<Message> answer = client->receive();
///
/// The order of messages is kept within each sender. What the kernel had taken when a connection
/// was lost may not have arrived; a message that was half sent then is dropped and counted; those
/// behind it follow on the next connection (`wait_for_connection`).
class MessageClient final {
  public:
    /// Begins to connect. `handler`, if any, must outlive the client. Errors: of the options, and
    /// `limit_reached` (descriptors).
    [[nodiscard]] static Result<std::unique_ptr<MessageClient>> start(
        const MessageClientOptions& options, MessageHandler* handler = nullptr);
    /// As `close` with no time at all. REQUIRES: every Message of it is gone, and every Buffer of
    /// its pool but those that it was given to send.
    ~MessageClient();
    MessageClient(const MessageClient&) = delete;
    MessageClient& operator=(const MessageClient&) = delete;

    // Sending.

    /// A queue of one's own: for a thread that sends much. Any thread.
    [[nodiscard]] MessageSender sender();
    /// As MessageSender::send, in one that all callers share. Any thread.
    Result<void> send(std::span<const std::byte> message, SteadyTime deadline = never);
    Result<void> try_send(std::span<const std::byte> message) {
        return send(message, SteadyTime::min());
    }
    Result<void> send(std::span<Buffer> fragments, SteadyTime deadline = never,
                      std::span<const std::byte> head = {});
    Result<void> try_send(std::span<Buffer> fragments, std::span<const std::byte> head = {}) {
        return send(fragments, SteadyTime::min(), head);
    }
    /// For fragments: memory to fill (`acquire`), or memory of one's own to lend (`wrap`).
    [[nodiscard]] BufferPool& pool() noexcept;

    // Receiving; one thread at a time. Not with MessageDelivery::handler.

    /// The next message, waited for. Errors: `timed_out` at the deadline, `closed` when the client
    /// is closed and all that had arrived is taken.
    Result<Message> receive(SteadyTime deadline = never) {
        if (const Frame* const frame = cursor_->next()) [[likely]] {
            return cursor_->take(*frame);
        }
        return receive_next(deadline);
    }
    /// `would_block` when there is none.
    Result<Message> try_receive() { return receive(SteadyTime::min()); }
    /// Replaces messages from the front of `messages` by the next ones: at least one, and as many
    /// more as are there. Errors: as of receive.
    Result<std::size_t> receive_batch(std::span<Message> messages, SteadyTime deadline = never);
    /// Readable while messages wait, for poll() in a loop of the program's own: then call
    /// `try_receive` until it says `would_block`. Errors: `limit_reached`.
    [[nodiscard]] Result<int> descriptor();

    // Any thread.

    /// Waits until it is connected; false at the deadline, or when it never will be again.
    bool wait_connected(SteadyTime deadline = never);
    /// Waits until everything that was accepted is with the kernel, or dropped; false at the
    /// deadline.
    bool flush(SteadyTime deadline = never);
    /// Sends everything that was accepted, ends the sending direction, and waits until the server
    /// has ended its own, which tells that it has read everything; after `deadline` at the latest
    /// it ends the connection and waiting calls return. A server that does not end when the client
    /// does is waited for until then. Meanwhile `receive` goes on; what arrives when its queue is
    /// full is dropped. Not in a callback.
    void close(SteadyTime deadline);
    /// Ends the present connection, as if the peer had.
    void disconnect();

    [[nodiscard]] MessageClientStatistics statistics() const;

  private:
    struct State;
    explicit MessageClient(std::shared_ptr<State> state) noexcept;
    /// The first message of the next batch.
    Result<Message> receive_next(SteadyTime deadline);

    std::shared_ptr<State> state_;
    detail::MessageCursor* const cursor_;  // the state's
};

}  // namespace sluice
