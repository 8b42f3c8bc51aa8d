#include "net/peer_health.hpp"

#include <algorithm>
#include <utility>

#include "sluice/net/event_loop.hpp"

namespace sluice::net {
namespace {

constexpr std::uint32_t probes_lost_max = 3;

/// Once a second, or four times within the shortest time-out.
Duration period_of(Duration dead_peer_timeout, Duration send_stall_timeout) {
    Duration period = std::chrono::seconds(1);
    for (const Duration timeout : {dead_peer_timeout, send_stall_timeout}) {
        if (timeout > Duration::zero()) {
            period = std::min(period, timeout / 4);
        }
    }
    return period;
}

}  // namespace

PeerHealth::PeerHealth(EventLoop& loop, Duration dead_peer_timeout, Duration send_stall_timeout,
                       const TransmitQueue& egress, Handler handler)
    : loop_(loop),
      dead_peer_timeout_(dead_peer_timeout),
      send_stall_timeout_(send_stall_timeout),
      period_(period_of(dead_peer_timeout, send_stall_timeout)),
      egress_(egress),
      handler_(std::move(handler)),
      timer_(loop, [this] { look(); }) {}

void PeerHealth::watch(const sys::Descriptor& socket) {
    socket_ = &socket;
    user_timeout_is_off_ = false;
    taken_bytes_ = egress_.taken_bytes();
    last_progress_ = loop_.now();
    timer_.arm(loop_.now() + period_);
}

void PeerHealth::stop() noexcept {
    socket_ = nullptr;
    timer_.disarm();
}

void PeerHealth::look() {
    timer_.arm(loop_.now() + period_);
    if (const Result<sys::TcpInfo> info = sys::tcp_info(*socket_)) {
        handler_.on_look(*info);
        adapt_user_timeout(info->send_window == 0);
        if (is_dead(*info)) {
            handler_.on_dead(Error(Errc::peer_dead));
            return;
        }
    }
    if (is_stalled()) {
        handler_.on_dead(Error(Errc::send_stalled));
    }
}

void PeerHealth::adapt_user_timeout(bool window_is_closed) {
    if (dead_peer_timeout_ == Duration::zero() || window_is_closed == user_timeout_is_off_) {
        return;
    }
    const auto timeout_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(dead_peer_timeout_).count();
    const int value = window_is_closed ? 0 : static_cast<int>(timeout_ms);
    if (sys::set_option(*socket_, sys::SocketOption::user_timeout_ms, value)) {
        user_timeout_is_off_ = window_is_closed;
    }
}

bool PeerHealth::is_dead(const sys::TcpInfo& info) const noexcept {
    return user_timeout_is_off_ && info.probes >= probes_lost_max &&
           info.since_ack_received >= dead_peer_timeout_;
}

bool PeerHealth::is_stalled() {
    const std::uint64_t taken_bytes = egress_.taken_bytes();
    if (std::exchange(taken_bytes_, taken_bytes) != taken_bytes || egress_.empty()) {
        last_progress_ = loop_.now();
    }
    return send_stall_timeout_ > Duration::zero() &&
           loop_.now() - last_progress_ >= send_stall_timeout_;
}

}  // namespace sluice::net
