// Asio by hand: length and body in one blocking gathering write a message.
#include <arpa/inet.h>

#include <array>
#include <asio.hpp>

#include "exchange.hpp"

namespace sluice::compare {
namespace {

void send_all(const Task& task) {
    Payloads payloads(task.size);
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    const CpuMeter cpu;
    socket.connect({asio::ip::make_address(task.host),
                    static_cast<std::uint16_t>(std::atoi(task.port.c_str()))});
    socket.set_option(asio::ip::tcp::no_delay(true));
    const std::uint32_t length = htonl(static_cast<std::uint32_t>(task.size));
    for (std::uint64_t number = 0; number < task.count; ++number) {
        const std::array<asio::const_buffer, 2> message = {
            asio::buffer(&length, sizeof length), asio::buffer(payloads.whole(number), task.size)};
        asio::write(socket, message);
    }
    finish_sender(cpu);
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::send_all(sluice::compare::sender_task(argc, argv));
}
