/// A plain blocking socket to who listens: nothing of Sluice's.
#pragma once

#include <netdb.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace sluice::test {

/// Connects to a numeric `host:port`; `receive_buffer_b` is SO_RCVBUF, 0 = the kernel's default.
inline int connect_raw(const std::string& address, int receive_buffer_b = 0) {
    const std::size_t colon = address.rfind(':');
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &hints,
                      &found) != 0) {
        std::abort();
    }
    const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer_b > 0) {
        ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer_b, sizeof receive_buffer_b);
    }
    if (::connect(socket, found->ai_addr, found->ai_addrlen) != 0) {
        ::perror("connect");
        std::abort();
    }
    ::freeaddrinfo(found);
    return socket;
}

}  // namespace sluice::test
