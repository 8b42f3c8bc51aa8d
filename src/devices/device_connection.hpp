/// One client of a simulated device.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "devices/bulk_feed.hpp"
#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/devices/device_server.hpp"
#include "sluice/devices/generator.hpp"
#include "sluice/net/stream.hpp"
#include "sluice/net/timer.hpp"
#include "sluice/net/transmit_queue.hpp"
#include "sluice/sys/descriptor.hpp"

namespace sluice::devices {

/// Sends what is offered to it (live), or makes messages itself as fast as they are taken (bulk).
/// After its last message it ends the sending direction, and closes when the client has closed or
/// when nothing moved for a second. Loop thread only.
class DeviceConnection final : net::StreamHandler {
  public:
    /// Called once, at the end, whoever ended it; the connection may not be destroyed in the call.
    using GoneFunction = std::function<void(DeviceConnection&, const Error&)>;

    /// `messages_max`: after so many it ends.
    DeviceConnection(net::EventLoop& loop, const DeviceClient& client, std::uint64_t messages_max,
                     GoneFunction on_gone);
    ~DeviceConnection();

    /// Errors: those of net::Stream::open, and for bulk of the pool; then `close` it.
    [[nodiscard]] Result<void> open_live(sys::Descriptor socket);
    /// The pool and the generator must outlive the connection.
    [[nodiscard]] Result<void> open_bulk(sys::Descriptor socket, BufferPool& pool,
                                         const Generator& generator, std::uint64_t first);

    /// Live: one message, which is lost if there is no room. False after the last message.
    bool offer(std::span<const std::byte> message);
    /// Live: sends what was offered.
    void flush();
    /// No messages any more: ends when the queued ones are sent.
    void finish();
    /// Ends now. Does nothing if it has ended.
    void close(const Error& reason) { on_end(reason); }

    [[nodiscard]] bool is_gone() const noexcept { return is_gone_; }
    /// Who it is, and what went to it so far.
    [[nodiscard]] DeviceClient client() const;
    /// Bulk: the number after the last message that was made.
    [[nodiscard]] std::uint64_t position() const noexcept { return feed_ ? feed_->next() : 0; }

  private:
    void on_packet(net::Packet&& packet) override { received_bytes_ += packet.data.size(); }
    void on_end(const Error& reason) override;

    [[nodiscard]] Result<void> open(sys::Descriptor socket, const net::EgressOptions& egress);
    void release() noexcept;
    void wind_up();

    net::EventLoop& loop_;
    const DeviceClient client_;
    const GoneFunction on_gone_;
    std::uint64_t messages_left_;
    std::uint64_t received_bytes_ = 0;
    std::uint64_t first_ = 0;                    // bulk: the first message
    std::size_t bulk_message_bytes_ = 0;         // bulk: of every message
    std::optional<BulkFeed> feed_;               // outlives the queue, which holds its slabs
    std::unique_ptr<net::TransmitQueue> queue_;  // outlives the stream, which sends from it
    std::unique_ptr<net::Stream> stream_;
    net::Timer wind_up_timer_;
    std::optional<std::uint64_t> wound_up_bytes_;  // taken when the timer was last armed
    bool has_work_ = false;
    bool is_finished_ = false;
    bool is_gone_ = false;
};

}  // namespace sluice::devices
