// ZeroMQ PAIR: sends and waits for the echo.
#include "zeromq.hpp"

namespace sluice::compare {
namespace {

void ping_all(const Task& task) {
    const ZeroMqSocket socket(ZMQ_PAIR);
    socket.connect(task);
    zmq_msg_t echo;
    ::zmq_msg_init(&echo);
    ping(task, [&](const std::byte* message) {
        require(::zmq_send(socket.get(), message, task.size, 0) >= 0, "zmq_send");
        require(::zmq_msg_recv(&echo, socket.get(), 0) >= 0, "zmq_msg_recv");
        return std::pair<const void*, std::size_t>(::zmq_msg_data(&echo), ::zmq_msg_size(&echo));
    });
    ::zmq_msg_close(&echo);
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::ping_all(sluice::compare::sender_task(argc, argv));
}
