#include "sluice/sys/socket.hpp"

#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>

#include "socket_address.hpp"

namespace sluice::sys {
namespace {

Result<void> checked(int result) {
    if (result != 0) {
        return Error::from_errno(errno);
    }
    return {};
}

IoResult failure(int error) noexcept {
    if (error == EAGAIN || error == EINTR) {
        return {IoStatus::would_block, 0, 0};
    }
    return {IoStatus::failed, 0, error};
}

/// REQUIRES: errno is still that of the call.
IoResult outcome_of_receive(ssize_t got) noexcept {
    if (got > 0) {
        return {IoStatus::done, static_cast<std::size_t>(got), 0};
    }
    if (got == 0) {
        return {IoStatus::end, 0, 0};
    }
    return failure(errno);
}

std::optional<SystemTime> find_stamp(msghdr& message) noexcept {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
            timespec time{};
            std::memcpy(&time, CMSG_DATA(part), sizeof time);
            return SystemTime(std::chrono::seconds(time.tv_sec) +
                              std::chrono::nanoseconds(time.tv_nsec));
        }
    }
    return std::nullopt;
}

struct OptionName {
    int level;
    int name;
};

OptionName option_name(SocketOption option) noexcept {
    switch (option) {
        case SocketOption::reuse_address:
            return {SOL_SOCKET, SO_REUSEADDR};
        case SocketOption::nodelay:
            return {IPPROTO_TCP, TCP_NODELAY};
        case SocketOption::receive_buffer_bytes:
            return {SOL_SOCKET, SO_RCVBUF};
        case SocketOption::send_buffer_bytes:
            return {SOL_SOCKET, SO_SNDBUF};
        case SocketOption::keepalive:
            return {SOL_SOCKET, SO_KEEPALIVE};
        case SocketOption::keepalive_idle_s:
            return {IPPROTO_TCP, TCP_KEEPIDLE};
        case SocketOption::keepalive_interval_s:
            return {IPPROTO_TCP, TCP_KEEPINTVL};
        case SocketOption::keepalive_probes:
            return {IPPROTO_TCP, TCP_KEEPCNT};
        case SocketOption::user_timeout_ms:
            return {IPPROTO_TCP, TCP_USER_TIMEOUT};
        case SocketOption::receive_time:
            break;
    }
    return {SOL_SOCKET, SO_TIMESTAMPNS};
}

using AddressFunction = int (*)(int, sockaddr*, socklen_t*);

Result<SocketAddress> ask_address(const Descriptor& socket, AddressFunction ask) {
    KernelAddress address;
    address.size = sizeof address.storage;
    if (ask(socket.number(), address.get(), &address.size) != 0) {
        return Error::from_errno(errno);
    }
    return from_kernel(address);
}

}  // namespace

Result<Descriptor> open_socket(SocketAddress::Family family) {
    Descriptor socket(
        ::socket(kernel_family(family), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) {
        return Error::from_errno(errno);
    }
    return socket;
}

Result<ConnectProgress> connect(const Descriptor& socket, const SocketAddress& peer) {
    const KernelAddress address = to_kernel(peer);
    if (::connect(socket.number(), address.get(), address.size) == 0) {
        return ConnectProgress::connected;
    }
    // EINTR: the attempt goes on in the background, as after EINPROGRESS (connect(2)). EAGAIN of a
    // Unix socket is a full backlog: a failure that a later attempt may not meet.
    if (errno == EINPROGRESS || errno == EINTR) {
        return ConnectProgress::in_progress;
    }
    return Error::from_errno(errno == EAGAIN ? ECONNREFUSED : errno);
}

Result<void> bind(const Descriptor& socket, const SocketAddress& address) {
    const KernelAddress local = to_kernel(address);
    return checked(::bind(socket.number(), local.get(), local.size));
}

Result<void> listen(const Descriptor& socket, int backlog) {
    return checked(::listen(socket.number(), backlog));
}

Result<Accepted> accept(const Descriptor& listener) {
    while (true) {
        KernelAddress peer;
        peer.size = sizeof peer.storage;
        Descriptor socket(
            ::accept4(listener.number(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket.is_open()) {
            return Accepted{std::move(socket), from_kernel(peer)};
        }
        // A connection that died while it waited is not an error of the listener (accept(2)).
        if (errno != ECONNABORTED && errno != EINTR && errno != EPROTO) {
            return Error::from_errno(errno);
        }
    }
}

IoResult receive(const Descriptor& socket, std::span<std::byte> target) noexcept {
    return outcome_of_receive(::recv(socket.number(), target.data(), target.size(), 0));
}

StampedIoResult receive_stamped(const Descriptor& socket, std::span<std::byte> target) noexcept {
    iovec piece{target.data(), target.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(timespec))> control{};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const IoResult io = outcome_of_receive(::recvmsg(socket.number(), &message, 0));
    return {io, io.status == IoStatus::done ? find_stamp(message) : std::nullopt};
}

IoResult send(const Descriptor& socket, std::span<const iovec> pieces) noexcept {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg does not write to it
    message.msg_iovlen = pieces.size();
    const ssize_t put = ::sendmsg(socket.number(), &message, MSG_NOSIGNAL);
    if (put >= 0) {
        return {IoStatus::done, static_cast<std::size_t>(put), 0};
    }
    return failure(errno);
}

Result<void> shutdown_send(const Descriptor& socket) {
    return checked(::shutdown(socket.number(), SHUT_WR));
}

int take_error(const Descriptor& socket) noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        return errno;
    }
    return error;
}

Result<SocketAddress> local_address(const Descriptor& socket) {
    return ask_address(socket, ::getsockname);
}

Result<SocketAddress> peer_address(const Descriptor& socket) {
    return ask_address(socket, ::getpeername);
}

Result<void> set_option(const Descriptor& socket, SocketOption option, int value) {
    const OptionName kernel = option_name(option);
    return checked(::setsockopt(socket.number(), kernel.level, kernel.name, &value, sizeof value));
}

Result<int> get_option(const Descriptor& socket, SocketOption option) {
    const OptionName kernel = option_name(option);
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(socket.number(), kernel.level, kernel.name, &value, &size) != 0) {
        return Error::from_errno(errno);
    }
    return value;
}

Result<TcpInfo> tcp_info(const Descriptor& socket) {
    struct ::tcp_info kernel {};
    socklen_t size = sizeof kernel;
    if (::getsockopt(socket.number(), IPPROTO_TCP, TCP_INFO, &kernel, &size) != 0) {
        return Error::from_errno(errno);
    }
    return TcpInfo{
        .probes = kernel.tcpi_probes,
        .send_window = kernel.tcpi_snd_wnd,
        .congestion_window = kernel.tcpi_snd_cwnd,
        .since_data_received = std::chrono::milliseconds(kernel.tcpi_last_data_recv),
        .since_ack_received = std::chrono::milliseconds(kernel.tcpi_last_ack_recv),
        .rtt_us = kernel.tcpi_rtt,
        .rtt_us_variance = kernel.tcpi_rttvar,
        .rtt_us_min = kernel.tcpi_min_rtt,
        .unacked = kernel.tcpi_unacked,
        .lost = kernel.tcpi_lost,
        .retransmits = kernel.tcpi_total_retrans,
        .delivery_rate = kernel.tcpi_delivery_rate,
        .received_bytes = kernel.tcpi_bytes_received,
        .acked_bytes = kernel.tcpi_bytes_acked,
        .unsent_bytes = kernel.tcpi_notsent_bytes,
    };
}

Result<std::uint32_t> interface_index(const std::string& scope) {
    std::uint32_t index = 0;
    const char* end = scope.data() + scope.size();
    if (std::from_chars(scope.data(), end, index).ptr == end && index != 0) {
        return index;
    }
    index = ::if_nametoindex(scope.c_str());
    if (index == 0) {
        return Error(Errc::no_interface, "this machine has no interface \"" + scope + "\" now");
    }
    return index;
}

}  // namespace sluice::sys
