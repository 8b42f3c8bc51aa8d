/// Blocking loopback sockets and the machine's clock, for programs that stand around a measurement.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace sluice::compare {

/// Ends the program when a call fails: a benchmark that lost a piece measures nothing.
inline void require(bool holds, const char* what) {
    if (!holds) {
        std::perror(what);
        std::exit(1);
    }
}

/// CLOCK_MONOTONIC, the same for every process of the machine.
inline std::int64_t monotonic_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class LoopbackSocket final {
  public:
    LoopbackSocket() : LoopbackSocket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    explicit LoopbackSocket(int number) : number_(number) { require(number >= 0, "socket"); }
    LoopbackSocket(const LoopbackSocket&) = delete;
    LoopbackSocket& operator=(const LoopbackSocket&) = delete;
    ~LoopbackSocket() { ::close(number_); }

    [[nodiscard]] int number() const { return number_; }

    /// On a free port of 127.0.0.1, which is returned.
    std::uint16_t bind_to_free_port() const {
        sockaddr_in address = loopback(0);
        require(::bind(number_, as_general(address), sizeof address) == 0, "bind");
        socklen_t size = sizeof address;
        require(::getsockname(number_, as_general(address), &size) == 0, "getsockname");
        return ntohs(address.sin_port);
    }
    void listen(int backlog) const { require(::listen(number_, backlog) == 0, "listen"); }
    [[nodiscard]] int accept() const {
        const int accepted = ::accept4(number_, nullptr, nullptr, SOCK_CLOEXEC);
        require(accepted >= 0, "accept");
        return accepted;
    }
    void connect(std::uint16_t port) const {
        sockaddr_in address = loopback(port);
        require(::connect(number_, as_general(address), sizeof address) == 0, "connect");
    }

  private:
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    static sockaddr* as_general(sockaddr_in& address) {
        return reinterpret_cast<sockaddr*>(&address);
    }

    int number_;
};

}  // namespace sluice::compare
