#include "sluice/net/socket_options.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace sluice::net {
namespace {

using sys::SocketOption;

// Linux takes at most 32,767 s for TCP_KEEPIDLE, which is half of this at most.
constexpr Duration dead_peer_timeout_max = std::chrono::seconds(32'767);
// Keepalive counts in seconds: one until the first probe, one more until it counts as lost.
constexpr Duration dead_peer_timeout_min = std::chrono::seconds(2);
constexpr int keepalive_probes = 3;

Result<void> check_buffer(const char* key, int bytes) {
    constexpr int bytes_max = 1 << 30;
    if (bytes < 0 || bytes > bytes_max) {
        return Error(Errc::invalid_argument,
                     std::string(key) + " " + std::to_string(bytes) +
                         "; allowed are 0 (the kernel's default) to 1073741824 bytes");
    }
    return {};
}

int seconds_at_least_one(Duration span) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span).count();
    return static_cast<int>(std::max<std::int64_t>(seconds, 1));
}

/// Keeps the first failure.
class Setter {
  public:
    explicit Setter(const sys::Descriptor& socket) : socket_(socket) {}
    void set(SocketOption option, int value) {
        if (outcome_) {
            outcome_ = sys::set_option(socket_, option, value);
        }
    }
    [[nodiscard]] Result<void> outcome() const { return outcome_; }

  private:
    const sys::Descriptor& socket_;
    Result<void> outcome_;
};

void set_dead_peer_timeout(Setter& setter, Duration timeout) {
    if (timeout == Duration::zero()) {
        setter.set(SocketOption::keepalive, 0);
        setter.set(SocketOption::user_timeout_ms, 0);
        return;
    }
    const int idle_s = seconds_at_least_one(timeout / 2);
    const int interval_s =
        seconds_at_least_one((timeout - std::chrono::seconds(idle_s)) / keepalive_probes);
    setter.set(SocketOption::keepalive, 1);
    setter.set(SocketOption::keepalive_idle_s, idle_s);
    setter.set(SocketOption::keepalive_interval_s, interval_s);
    setter.set(SocketOption::keepalive_probes, keepalive_probes);
    setter.set(
        SocketOption::user_timeout_ms,
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count()));
}

}  // namespace

Result<void> validate(const SocketOptions& options) {
    for (const auto& [key, bytes] :
         {std::pair("kernel_receive_buffer_size_b", options.kernel_receive_buffer_size_b),
          std::pair("kernel_transmit_buffer_size_b", options.kernel_transmit_buffer_size_b)}) {
        if (Result<void> valid = check_buffer(key, bytes); !valid) {
            return valid;
        }
    }
    const Duration timeout = options.dead_peer_timeout;
    if (timeout != Duration::zero() &&
        (timeout < dead_peer_timeout_min || timeout > dead_peer_timeout_max)) {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
        return Error(Errc::invalid_argument, "dead_peer_timeout_ms " + std::to_string(ms) +
                                                 "; allowed are 0 (off) and 2000 to 32767000");
    }
    return {};
}

Result<void> apply(const SocketOptions& options, const sys::Descriptor& socket,
                   SocketAddress::Family family) {
    Setter setter(socket);
    setter.set(SocketOption::reuse_address, options.reuse_address ? 1 : 0);
    if (options.kernel_receive_buffer_size_b != 0) {
        setter.set(SocketOption::receive_buffer_bytes, options.kernel_receive_buffer_size_b);
    }
    if (options.kernel_transmit_buffer_size_b != 0) {
        setter.set(SocketOption::send_buffer_bytes, options.kernel_transmit_buffer_size_b);
    }
    if (family != SocketAddress::Family::unix_path) {
        setter.set(SocketOption::nodelay, options.enable_nodelay ? 1 : 0);
        set_dead_peer_timeout(setter, options.dead_peer_timeout);
        if (options.kernel_receive_time) {
            setter.set(SocketOption::receive_time, 1);
        }
    }
    return setter.outcome();
}

EffectiveSocketOptions read_back(const sys::Descriptor& socket, SocketAddress::Family family) {
    const auto get = [&socket](SocketOption option) {
        return sys::get_option(socket, option).value_or(0);
    };
    EffectiveSocketOptions effective;
    effective.reuse_address = get(SocketOption::reuse_address) != 0;
    effective.receive_buffer_b = get(SocketOption::receive_buffer_bytes);
    effective.transmit_buffer_b = get(SocketOption::send_buffer_bytes);
    if (family != SocketAddress::Family::unix_path) {
        effective.nodelay = get(SocketOption::nodelay) != 0;
        effective.keepalive = get(SocketOption::keepalive) != 0;
        effective.keepalive_idle_s = get(SocketOption::keepalive_idle_s);
        effective.keepalive_interval_s = get(SocketOption::keepalive_interval_s);
        effective.keepalive_probes = get(SocketOption::keepalive_probes);
        effective.user_timeout_ms = get(SocketOption::user_timeout_ms);
        effective.kernel_receive_time = get(SocketOption::receive_time) != 0;
    }
    return effective;
}

}  // namespace sluice::net
