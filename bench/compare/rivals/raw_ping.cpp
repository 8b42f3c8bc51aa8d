// Plain sockets without any framing: sends and waits for the echo. Variants: `blocking`, `spin`.
#include "raw_round_trip.hpp"

namespace sluice::compare {
namespace {

void ping_all(const Task& task) {
    const RawSocket socket = connect_to(task.host, task.port);
    std::vector<std::byte> echo(task.size);
    const ReceiveWhole receive(task);
    ping(task, [&](const std::byte* message) {
        send_whole(socket, message, task.size);
        receive(socket, echo);
        return std::pair<const void*, std::size_t>(echo.data(), echo.size());
    });
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::ping_all(sluice::compare::sender_task(argc, argv));
}
