/// One message there, one back, over plain sockets.
#pragma once

#include <cerrno>
#include <span>

#include "raw_socket.hpp"

namespace sluice::compare {

/// A small message on an idle connection, which always fits.
inline void send_whole(const RawSocket& socket, const std::byte* data, std::size_t size) {
    require(::send(socket.number(), data, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size),
            "send");
}

/// Sleeps in the kernel until the message is there, or asks for it again and again.
class ReceiveWhole final {
  public:
    explicit ReceiveWhole(const Task& task)
        : flags_(task.variant == "spin" ? MSG_DONTWAIT : MSG_WAITALL) {}

    void operator()(const RawSocket& socket, std::span<std::byte> message) const {
        std::size_t received = 0;
        while (received < message.size()) {
            const ssize_t part = ::recv(socket.number(), message.data() + received,
                                        message.size() - received, flags_);
            if (part > 0) {
                received += static_cast<std::size_t>(part);
            } else {
                require(part < 0 && errno == EAGAIN, "recv");
            }
        }
    }

  private:
    const int flags_;
};

}  // namespace sluice::compare
