// epoll_server CONNECTIONS: an echo server with one thread, one block and nothing else. It prints
// its port and ends with its input.
#include <sys/epoll.h>

#include "raw_socket.hpp"

namespace sluice::compare {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;
constexpr int events_max = 512;

class EchoServer final {
  public:
    EchoServer() {
        add(listener_.number());
        add(STDIN_FILENO);
    }

    void serve() {
        for (;;) {
            epoll_event events[events_max];
            const int ready = ::epoll_wait(poll_.number(), events, events_max, -1);
            require(ready >= 0, "epoll_wait");
            for (int i = 0; i < ready; ++i) {
                const int number = events[i].data.fd;
                if (number == STDIN_FILENO) {
                    return;
                }
                if (number == listener_.number()) {
                    accept();
                } else {
                    echo(number);
                }
            }
        }
    }

  private:
    void add(int number) const {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = number;
        require(::epoll_ctl(poll_.number(), EPOLL_CTL_ADD, number, &event) == 0, "epoll_ctl");
    }
    void accept() const {
        const int number = ::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC);
        require(number >= 0, "accept");
        const int on = 1;
        ::setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        add(number);
    }
    void echo(int number) {
        const ssize_t received = ::recv(number, block_.data(), block_.size(), 0);
        if (received <= 0) {  // closed, perhaps with echoes unread
            ::close(number);
            return;
        }
        require(::send(number, block_.data(), static_cast<std::size_t>(received), MSG_NOSIGNAL) ==
                    received,
                "send");
    }

    const RawSocket poll_{::epoll_create1(EPOLL_CLOEXEC)};
    const RawSocket listener_ = listen_and_print_port();
    std::vector<std::byte> block_ = std::vector<std::byte>(block_bytes);
};

}  // namespace
}  // namespace sluice::compare

int main(int argc, char**) {
    if (argc != 2) {
        sluice::compare::refuse_arguments("epoll_server CONNECTIONS");
    }
    sluice::compare::EchoServer().serve();
}
