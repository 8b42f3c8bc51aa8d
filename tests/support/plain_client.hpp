/// A client of a device: one blocking socket, nothing of Sluice's.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace sluice::test {

class PlainClient {
  public:
    /// Connects to 127.0.0.1. `receive_buffer_b`: SO_RCVBUF; 0 = the kernel's default.
    explicit PlainClient(std::uint16_t port, int receive_buffer_b = 0)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (receive_buffer_b > 0) {
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_b,
                         sizeof receive_buffer_b);
        }
        constexpr timeval limit{.tv_sec = 30, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    ~PlainClient() { close(); }
    PlainClient(const PlainClient&) = delete;
    PlainClient& operator=(const PlainClient&) = delete;

    /// `bytes` of what comes; fewer when the connection ends.
    std::vector<std::byte> receive(std::size_t bytes) {
        std::vector<std::byte> target(bytes);
        const ssize_t got = ::recv(socket_, target.data(), bytes, MSG_WAITALL);
        EXPECT_GE(got, 0) << "nothing comes, or the connection was torn down";
        target.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return target;
    }
    /// Everything up to the orderly end of the stream.
    std::vector<std::byte> receive_all() {
        constexpr std::size_t piece = std::size_t{256} * 1024;
        std::vector<std::byte> all;
        for (std::vector<std::byte> got = receive(piece); !got.empty(); got = receive(piece)) {
            all.insert(all.end(), got.begin(), got.end());
        }
        return all;
    }
    void send(std::size_t bytes) {
        const std::vector<std::byte> zeros(bytes);
        EXPECT_EQ(::send(socket_, zeros.data(), bytes, MSG_NOSIGNAL), static_cast<ssize_t>(bytes));
    }
    void close() {
        if (socket_ >= 0) {
            ::close(std::exchange(socket_, -1));
        }
    }

  private:
    int socket_;
};

}  // namespace sluice::test
