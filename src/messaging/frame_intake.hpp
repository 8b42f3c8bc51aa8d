/// From the packets of one connection to whole messages.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "messaging/inbox.hpp"
#include "sluice/framing/frame_decoder.hpp"
#include "sluice/messaging/messaging_options.hpp"
#include "sluice/net/packet.hpp"

namespace sluice::messaging {

/// Takes what is received, cuts it into frames, and hands them to the inbox or to the handler.
/// Where they cannot go now (the inbox is full, the pool is dry) it stops, and is asked to go on
/// when that has changed; meanwhile its owner does not read. The receive thread only.
class FrameIntake final : MemoryWaiter {
  public:
    enum class Progress : std::uint8_t {
        idle,     ///< Everything was handed on; more may be received.
        blocked,  ///< Something waits: pause, and call `pump` after `on_room` or the inbox's.
        failed,   ///< The stream cannot go on: end the connection for `failure()`.
    };

    /// One of `inbox` and `handler` is not null. `on_room` is called on any thread when the pool
    /// has memory again: it only signals. All must outlive the intake.
    FrameIntake(std::shared_ptr<const Framer> framer, const MessagingOptions& options,
                BufferPool& pool, Inbox* inbox, MessageHandler* handler,
                std::function<void()> on_room);
    ~FrameIntake();

    void begin_connection(PeerId peer);
    /// The connection is gone: hands on what can be, and counts the rest as truncated.
    void end_connection();

    [[nodiscard]] net::ReceiveWish wish() noexcept;
    [[nodiscard]] Progress take(net::Packet&& packet);
    [[nodiscard]] Progress pump();
    /// Nobody may take any more what arrives, but all shall be read: from now on, what has no room
    /// is dropped, with all behind it on its connection. `pump` what waits already.
    void drain() noexcept { is_draining_ = true; }
    [[nodiscard]] Error failure() const { return Error(failure_); }

    /// The connection is about to wait for memory: that its frame does not go on is not its peer's
    /// doing until it reads again.
    void starve() noexcept { is_starved_ = true; }

    /// Called now and then: whether a frame began and did not go on for `frame_timeout`.
    [[nodiscard]] bool is_stuck(SteadyTime now);
    /// That is a failure.
    void time_out();

    [[nodiscard]] const FramingLedger& ledger() const noexcept { return decoder_.ledger(); }

  private:
    void memory_available() noexcept override { on_room_(); }
    [[nodiscard]] Progress hand_on();
    /// False: no room.
    [[nodiscard]] bool deliver();
    [[nodiscard]] Progress judge(const Error& error);
    void warn(const FramingIncident& incident);

    const Duration frame_timeout_;
    BufferPool& pool_;
    Inbox* const inbox_;
    MessageHandler* const handler_;
    const std::function<void()> on_room_;
    FrameDecoder decoder_;
    PeerId peer_ = 0;
    Arrival arrival_;  // on its way to the inbox
    bool has_warned_ = false;
    bool was_large_ = false;
    bool is_starved_ = false;
    bool is_draining_ = false;
    bool is_dropping_ = false;  // the rest of this connection
    Errc failure_ = Errc::bad_frame;

    std::uint64_t watched_offset_ = 0;
    std::optional<SteadyTime> watched_since_;
};

/// The framer of these options, and the decoder's policies.
[[nodiscard]] std::shared_ptr<const Framer> framer_of(const MessagingOptions& options);

}  // namespace sluice::messaging
