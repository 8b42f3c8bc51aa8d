// Asio by hand: a blocking read of the length, then one of the body into the same vector each time.
#include <arpa/inet.h>

#include <asio.hpp>

#include "exchange.hpp"

namespace sluice::compare {
namespace {

constexpr std::size_t length_max = 16 * 1024 * 1024;

void receive_all(const Task& task) {
    MessageCheck check(task);
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::tcp::v4(), 0});
    print_port(acceptor.local_endpoint().port());
    asio::ip::tcp::socket socket = acceptor.accept();
    std::vector<std::byte> body;
    while (!check.done()) {
        std::uint32_t length = 0;
        asio::read(socket, asio::buffer(&length, sizeof length));
        require(ntohl(length) <= length_max, "length");
        body.resize(ntohl(length));
        asio::read(socket, asio::buffer(body));
        check.take(body.data(), body.size());
    }
    check.report();
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::receive_all(sluice::compare::receiver_task(argc, argv));
}
