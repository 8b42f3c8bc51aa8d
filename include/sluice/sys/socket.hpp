/// The seam: non-blocking stream sockets. No call waits, throws or raises SIGPIPE.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "sluice/core/address.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/sys/descriptor.hpp"

namespace sluice::sys {

/// A new socket for addresses of this family: non-blocking, closed on exec.
[[nodiscard]] Result<Descriptor> open_socket(SocketAddress::Family family);

enum class ConnectProgress : std::uint8_t { connected, in_progress };

/// Begins to connect. `in_progress`: the socket becomes writable when it is decided, then ask
/// `take_error`.
[[nodiscard]] Result<ConnectProgress> connect(const Descriptor& socket, const SocketAddress& peer);

[[nodiscard]] Result<void> bind(const Descriptor& socket, const SocketAddress& address);
[[nodiscard]] Result<void> listen(const Descriptor& socket, int backlog);

struct Accepted {
    Descriptor socket;
    SocketAddress peer;
};

/// The next waiting connection; `would_block` when there is none.
[[nodiscard]] Result<Accepted> accept(const Descriptor& listener);

/// Receives what is there, up to the size of `target`. An error that is pending is reported only
/// after everything that came before it was read.
[[nodiscard]] IoResult receive(const Descriptor& socket, std::span<std::byte> target) noexcept;

struct StampedIoResult {
    IoResult io;
    /// When the kernel received the last segment of the bytes, if the option `receive_time` is on
    /// and it knows.
    std::optional<SystemTime> kernel_time{};
};

/// The same, with the time. It costs more than `receive`.
[[nodiscard]] StampedIoResult receive_stamped(const Descriptor& socket,
                                              std::span<std::byte> target) noexcept;

/// Sends as much of the pieces (at most 1,024), in order, as the kernel takes now.
[[nodiscard]] IoResult send(const Descriptor& socket, std::span<const iovec> pieces) noexcept;

/// Ends the sending direction: the peer reads the end of the stream after the last byte.
[[nodiscard]] Result<void> shutdown_send(const Descriptor& socket);

/// The pending error of a socket (SO_ERROR) as an errno, and clears it; 0 if none.
[[nodiscard]] int take_error(const Descriptor& socket) noexcept;

[[nodiscard]] Result<SocketAddress> local_address(const Descriptor& socket);
[[nodiscard]] Result<SocketAddress> peer_address(const Descriptor& socket);

/// The options that Sluice sets; each is a whole number to the kernel.
enum class SocketOption : std::uint8_t {
    reuse_address,         ///< SO_REUSEADDR, 0 or 1
    nodelay,               ///< TCP_NODELAY, 0 or 1
    receive_buffer_bytes,  ///< SO_RCVBUF; the kernel doubles it, and caps it without an error
    send_buffer_bytes,     ///< SO_SNDBUF; likewise
    keepalive,             ///< SO_KEEPALIVE, 0 or 1
    keepalive_idle_s,      ///< TCP_KEEPIDLE, seconds
    keepalive_interval_s,  ///< TCP_KEEPINTVL, seconds
    keepalive_probes,      ///< TCP_KEEPCNT
    user_timeout_ms,       ///< TCP_USER_TIMEOUT, milliseconds; 0 = off
    receive_time,          ///< SO_TIMESTAMPNS, 0 or 1: for `receive_stamped`
};

[[nodiscard]] Result<void> set_option(const Descriptor& socket, SocketOption option, int value);
[[nodiscard]] Result<int> get_option(const Descriptor& socket, SocketOption option);

/// What the kernel knows of a TCP connection (TCP_INFO). A segment is one packet of the network.
struct TcpInfo {
    std::uint32_t probes = 0;             ///< Unanswered keepalive or window probes.
    std::uint32_t send_window = 0;        ///< What the peer is ready to take, bytes.
    std::uint32_t congestion_window = 0;  ///< What the network is thought to take, segments.
    Duration since_data_received{};       ///< Since the last byte of data arrived.
    Duration since_ack_received{};        ///< Since the peer last acknowledged anything.
    std::uint32_t rtt_us = 0;             ///< Round trip, smoothed.
    std::uint32_t rtt_us_variance = 0;    ///< Its mean deviation.
    std::uint32_t rtt_us_min = 0;         ///< The shortest seen.
    std::uint32_t unacked = 0;            ///< Segments in flight.
    std::uint32_t lost = 0;               ///< Of these, thought to be lost.
    std::uint32_t retransmits = 0;        ///< Segments retransmitted, in total.
    std::uint64_t delivery_rate = 0;      ///< Bytes per second, the most recent measurement.
    std::uint64_t received_bytes = 0;     ///< Of data, since the connect.
    std::uint64_t acked_bytes = 0;        ///< Of data, which the peer acknowledged.
    std::uint32_t unsent_bytes = 0;       ///< In the kernel's send buffer, not sent even once.
};

/// Fails with `system` on a socket that is not TCP.
[[nodiscard]] Result<TcpInfo> tcp_info(const Descriptor& socket);

/// The index of a network interface by name or number; `no_interface` while there is none.
[[nodiscard]] Result<std::uint32_t> interface_index(const std::string& scope);

}  // namespace sluice::sys
