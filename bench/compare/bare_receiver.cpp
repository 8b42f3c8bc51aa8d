// bare_receiver PORT: the ceiling of all receivers, a loop of 256 KiB receives and nothing else.
#include <vector>

#include "loopback.hpp"

namespace sluice::compare {
namespace {

constexpr std::size_t receive_bytes = 256 * 1024;

void receive_all(std::uint16_t port) {
    const LoopbackSocket connection;
    connection.connect(port);
    std::vector<char> block(receive_bytes);
    ssize_t received = 0;
    do {
        received = ::recv(connection.number(), block.data(), block.size(), 0);
        require(received >= 0, "recv");
    } while (received > 0);
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: bare_receiver PORT\n");
        return 64;
    }
    sluice::compare::receive_all(static_cast<std::uint16_t>(std::atoi(argv[1])));
}
