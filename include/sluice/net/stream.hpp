/// One connected socket on an event loop: packets in, a transmit queue out.
#pragma once

#include <memory>

#include "sluice/buffers/buffer_account.hpp"
#include "sluice/core/result.hpp"
#include "sluice/net/event_loop.hpp"
#include "sluice/net/packet.hpp"
#include "sluice/net/transmit_queue.hpp"
#include "sluice/sys/socket.hpp"

namespace sluice::net {

/// What a Stream tells. Called on the loop's thread; a call may close or destroy the Stream.
class StreamHandler {
  public:
    virtual void on_packet(Packet&& packet) = 0;
    /// Asked before each receive, and after a packet when the loop has several connections: only
    /// answers, and does nothing to the Stream.
    virtual ReceiveWish receive_wish() { return {}; }
    /// The Stream is about to wait: its pool is dry or its share is used up. Drop Buffers here and
    /// answer true, and it tries again at once; it asks again as long as that is not enough and
    /// each time something came back to the pool. After a wait that brought too little it asks
    /// anew. False: it waits until memory comes back.
    virtual bool on_starved() { return false; }
    /// The connection ended; everything that arrived before was handed over, except when there is
    /// no memory for it (`out_of_memory`). `peer_closed` for an orderly end. Called once, and not
    /// after `close()`.
    virtual void on_end(const Error& reason) = 0;

  protected:
    ~StreamHandler() = default;
};

/// Receives into the loop's slab and sends from its queue. After an error the receive queue is read
/// to its end before the end is reported, because Linux keeps what arrived. While paused the socket
/// is not watched at all (an error or a hang-up cannot be masked), so TCP slows the sender.
/// Loop thread only.
class Stream final {
  public:
    /// Begins to receive at the next turn. `queue` and `handler` must outlive the Stream; the queue
    /// must have been told `connected()`. What is received is charged to `account`, of the loop's
    /// pool, which must outlive the Stream too; null: to one of its own, limited to the loop's
    /// share. Errors: `limit_reached`, `would_block` (pool).
    [[nodiscard]] static Result<std::unique_ptr<Stream>> open(EventLoop& loop,
                                                              sys::Descriptor socket,
                                                              TransmitQueue& queue,
                                                              StreamHandler& handler,
                                                              BufferAccount* account = nullptr);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// Stops receiving, from any moment on, also inside on_packet; pending sends go on.
    void pause();
    void resume();
    [[nodiscard]] bool is_paused() const noexcept;

    /// Sends what is queued, as far as the kernel takes it. Call when the queue has got work.
    void flush();
    /// Ends the sending direction once all that is queued now was sent; what is queued after that
    /// stays in the queue.
    void finish_sending();
    /// Closes the socket now; no callback follows.
    void close() noexcept;

    [[nodiscard]] const sys::Descriptor& socket() const noexcept;
    /// When the last byte arrived, or the Stream was opened.
    [[nodiscard]] SteadyTime last_receive_time() const noexcept;
    /// Bytes that were copied so far to stand in front of what came next.
    [[nodiscard]] std::uint64_t moved_bytes() const noexcept;
    /// Whether it waits for the pool or for its share of it.
    [[nodiscard]] bool is_starved() const noexcept;

  private:
    struct State;
    explicit Stream(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace sluice::net
