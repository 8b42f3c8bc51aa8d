/// The options of a connection's socket: what was wished, and what the kernel made of it.
#pragma once

#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/sys/socket.hpp"

namespace sluice::net {

struct SocketOptions {
    bool reuse_address = true;   ///< SO_REUSEADDR
    bool enable_nodelay = true;  ///< TCP_NODELAY: small messages leave at once.
    /// SO_RCVBUF and SO_SNDBUF, bytes; 0 = the kernel's default, which grows by itself. An explicit
    /// size switches that growth off, and may be smaller than what it would have reached. The
    /// kernel doubles it for its own needs and caps it at net.core.rmem_max and wmem_max.
    int kernel_receive_buffer_size_b = 0;
    int kernel_transmit_buffer_size_b = 0;
    /// When a peer that no longer acknowledges is given up; 0 = never. Keepalive (idle after half
    /// of it, three probes in the rest) for a quiet connection, TCP_USER_TIMEOUT for a busy one.
    Duration dead_peer_timeout = std::chrono::seconds(20);
    /// SO_TIMESTAMPNS: Packet::kernel_time. While one socket of the host wants it, the kernel
    /// stamps every packet of the host, which costs each a little. Not on a Unix socket.
    bool kernel_receive_time = false;
};

[[nodiscard]] Result<void> validate(const SocketOptions& options);

/// The values in force, read back from the kernel.
struct EffectiveSocketOptions {
    bool reuse_address = false;
    bool nodelay = false;
    int receive_buffer_b = 0;
    int transmit_buffer_b = 0;
    bool keepalive = false;
    int keepalive_idle_s = 0;
    int keepalive_interval_s = 0;
    int keepalive_probes = 0;
    int user_timeout_ms = 0;
    bool kernel_receive_time = false;
};

/// Sets every option; before `connect` or `listen`, so that the window scale fits the buffers. On a
/// Unix socket those of TCP are left out.
[[nodiscard]] Result<void> apply(const SocketOptions& options, const sys::Descriptor& socket,
                                 SocketAddress::Family family);

[[nodiscard]] EffectiveSocketOptions read_back(const sys::Descriptor& socket,
                                               SocketAddress::Family family);

}  // namespace sluice::net
