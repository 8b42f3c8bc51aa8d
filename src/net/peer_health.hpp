/// Whether the peer of a connection is alive, beyond what the kernel's own timers tell.
#pragma once

#include <functional>

#include "sluice/core/result.hpp"
#include "sluice/net/socket_options.hpp"
#include "sluice/net/timer.hpp"
#include "sluice/net/transmit_queue.hpp"
#include "sluice/sys/socket.hpp"

namespace sluice::net {

/// TCP_USER_TIMEOUT also kills a living peer that merely does not read: its window stays closed
/// although it answers every probe. So once a second (or four times in the time-out) the window is
/// looked at; while it is closed the option is off, and the peer counts as dead when three probes
/// in a row and the whole time-out went by without an answer. Loop thread only.
class PeerHealth final {
  public:
    struct Handler {
        std::function<void(const sys::TcpInfo&)> on_look;  ///< At every look that succeeded.
        std::function<void(const Error&)> on_dead;         ///< `peer_dead` or `send_stalled`.
    };

    /// `egress` is what waits to be sent to the peer; it must outlive this.
    PeerHealth(EventLoop& loop, Duration dead_peer_timeout, Duration send_stall_timeout,
               const TransmitQueue& egress, Handler handler);

    /// Begins to look at a connected TCP socket, which must stay open until `stop`.
    void watch(const sys::Descriptor& socket);
    void stop() noexcept;

  private:
    void look();
    void adapt_user_timeout(bool window_is_closed);
    [[nodiscard]] bool is_dead(const sys::TcpInfo& info) const noexcept;
    [[nodiscard]] bool is_stalled();

    EventLoop& loop_;
    const Duration dead_peer_timeout_;
    const Duration send_stall_timeout_;
    const Duration period_;
    const TransmitQueue& egress_;
    Handler handler_;
    Timer timer_;
    const sys::Descriptor* socket_ = nullptr;
    bool user_timeout_is_off_ = false;
    std::uint64_t taken_bytes_ = 0;  // by the kernel, as of the last look
    SteadyTime last_progress_{};
};

}  // namespace sluice::net
