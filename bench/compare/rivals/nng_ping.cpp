// nng pair: sends and waits for the echo.
#include <memory>

#include "nng_socket.hpp"

namespace sluice::compare {
namespace {

void ping_all(const Task& task) {
    const NngSocket socket(&::nng_pair0_open);
    socket.connect(task);
    std::unique_ptr<nng_msg, decltype(&::nng_msg_free)> echo(nullptr, &::nng_msg_free);
    ping(task, [&](const std::byte* message) {
        socket.send(make_nng_message(message, task.size));
        echo.reset(socket.receive());
        return std::pair<const void*, std::size_t>(::nng_msg_body(echo.get()),
                                                   ::nng_msg_len(echo.get()));
    });
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::ping_all(sluice::compare::sender_task(argc, argv));
}
