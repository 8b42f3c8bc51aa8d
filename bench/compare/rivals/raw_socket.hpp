/// TCP sockets for the programs that use no library at all.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "exchange.hpp"

namespace sluice::compare {

class RawSocket final {
  public:
    RawSocket() : RawSocket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    explicit RawSocket(int number) : number_(number) { require(number >= 0, "socket"); }
    RawSocket(RawSocket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    RawSocket& operator=(RawSocket&&) = delete;
    ~RawSocket() { ::close(number_); }

    [[nodiscard]] int number() const { return number_; }

    template <typename Value>
    void set(int level, int option, const Value& value) const {
        require(::setsockopt(number_, level, option, &value, sizeof value) == 0, "setsockopt");
    }

  private:
    int number_;
};

/// On any free port of any address; prints the port.
inline RawSocket listen_and_print_port() {
    RawSocket listener;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    auto* general = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    require(::bind(listener.number(), general, size) == 0, "bind");
    require(::listen(listener.number(), SOMAXCONN) == 0, "listen");
    require(::getsockname(listener.number(), general, &size) == 0, "getsockname");
    print_port(ntohs(address.sin_port));
    return listener;
}

/// Without Nagle's delay.
inline RawSocket connect_to(const std::string& host, const std::string& port) {
    RawSocket connection;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port.c_str())));
    require(::inet_pton(AF_INET, host.c_str(), &address.sin_addr) == 1, "inet_pton");
    require(::connect(connection.number(), reinterpret_cast<const sockaddr*>(&address),
                      sizeof address) == 0,
            "connect");
    connection.set(IPPROTO_TCP, TCP_NODELAY, 1);
    return connection;
}

/// Waits for one connection.
inline RawSocket accept_one() {
    const RawSocket listener = listen_and_print_port();
    RawSocket connection(::accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC));
    connection.set(IPPROTO_TCP, TCP_NODELAY, 1);
    return connection;
}

}  // namespace sluice::compare
