/// What the tests of the simulated world use of the seam, in the shape of a small program.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sim/world.hpp"
#include "sluice/sys/poller.hpp"
#include "sluice/sys/socket.hpp"

namespace sluice::sim {

using namespace std::chrono_literals;

inline const SocketAddress device = socket_address("192.0.2.10:7502");

/// A program with one socket and one poller that watches it for reading and writing.
class Program {
  public:
    explicit Program(SocketAddress::Family family = SocketAddress::Family::ipv4)
        : poller(*sys::Poller::create()), socket(*sys::open_socket(family)) {}
    explicit Program(sys::Descriptor accepted)
        : poller(*sys::Poller::create()), socket(std::move(accepted)) {
        watch({.readable = true});
    }

    void watch(sys::Interest interest) {
        ASSERT_TRUE(watched_ ? poller.modify(socket, interest, 1)
                             : poller.add(socket, interest, 1));
        watched_ = true;
    }

    sys::Readiness wait(SteadyTime deadline = never) {
        std::array<sys::Readiness, 1> ready{};
        return poller.wait(ready, deadline) == 1 ? ready[0] : sys::Readiness{};
    }

    /// Begins to connect, waits for the decision and returns the errno; 0 if connected.
    int connect(const SocketAddress& address) {
        const Result<sys::ConnectProgress> progress = sys::connect(socket, address);
        if (!progress) {
            return progress.error().system_error();
        }
        watch({.writable = true});
        EXPECT_TRUE(wait().writable);
        watch({.readable = true});
        return sys::take_error(socket);
    }

    /// One receive of at most `size_max` bytes, as text; its status is in `last`.
    std::string receive(std::size_t size_max = 65536) {
        std::string bytes(size_max, '\0');
        last = sys::receive(socket, std::as_writable_bytes(std::span(bytes)));
        bytes.resize(last.bytes);
        return bytes;
    }

    /// Waits and receives until the end, a failure, or `size` bytes.
    std::string receive_until(std::size_t size) {
        std::string all;
        while (all.size() < size) {
            wait();
            all += receive();
            if (last.status == sys::IoStatus::end || last.status == sys::IoStatus::failed) {
                break;
            }
        }
        return all;
    }

    sys::IoResult send(std::string_view bytes) {
        const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
        return sys::send(socket, {&piece, 1});
    }

    void set(sys::SocketOption option, int value) {
        ASSERT_TRUE(sys::set_option(socket, option, value));
    }

    [[nodiscard]] sys::TcpInfo info() const { return *sys::tcp_info(socket); }

    sys::Poller poller;
    sys::Descriptor socket;
    sys::IoResult last;

  private:
    bool watched_ = false;
};

}  // namespace sluice::sim
