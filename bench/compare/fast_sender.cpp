// fast_sender BYTES: serves one connection as fast as a plain blocking sender can.
//
// Prints its port at once, and at the end the times of CLOCK_MONOTONIC, in ns, at which it
// accepted, had given the last byte to the kernel, and saw the receiver close.
#include <cinttypes>
#include <vector>

#include "loopback.hpp"

namespace sluice::compare {
namespace {

constexpr std::size_t send_bytes = 1024 * 1024;

void send_all(const LoopbackSocket& socket, std::uint64_t bytes) {
    const std::vector<char> block(send_bytes, 's');
    while (bytes > 0) {
        const std::size_t wanted =
            bytes < block.size() ? static_cast<std::size_t>(bytes) : block.size();
        const ssize_t sent = ::send(socket.number(), block.data(), wanted, MSG_NOSIGNAL);
        require(sent > 0, "send");
        bytes -= static_cast<std::uint64_t>(sent);
    }
}

void serve(std::uint64_t bytes) {
    const LoopbackSocket listener;
    const std::uint16_t port = listener.bind_to_free_port();
    listener.listen(1);
    std::printf("%d\n", int{port});
    std::fflush(stdout);
    const LoopbackSocket connection(listener.accept());
    const std::int64_t accepted = monotonic_ns();
    send_all(connection, bytes);
    const std::int64_t sent = monotonic_ns();
    require(::shutdown(connection.number(), SHUT_WR) == 0, "shutdown");
    char byte = 0;
    require(::recv(connection.number(), &byte, 1, 0) == 0, "the receiver's end");
    std::printf("%" PRId64 " %" PRId64 " %" PRId64 "\n", accepted, sent, monotonic_ns());
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: fast_sender BYTES\n");
        return 64;
    }
    sluice::compare::serve(std::strtoull(argv[1], nullptr, 10));
}
