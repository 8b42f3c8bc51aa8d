// ZeroMQ PULL: messages are looked at where the library received them. Variant: `deep` (long
// queues).
#include "zeromq.hpp"

namespace sluice::compare {
namespace {

void receive_all(const Task& task) {
    MessageCheck check(task);
    const ZeroMqSocket socket(ZMQ_PULL);
    if (task.variant == "deep") {
        socket.set(ZMQ_RCVHWM, deep_queue_messages);
    }
    socket.bind_and_print_port();
    zmq_msg_t message;
    ::zmq_msg_init(&message);
    while (!check.done()) {
        require(::zmq_msg_recv(&message, socket.get(), 0) >= 0, "zmq_msg_recv");
        check.take(::zmq_msg_data(&message), ::zmq_msg_size(&message));
    }
    ::zmq_msg_close(&message);
    check.report();
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::receive_all(sluice::compare::receiver_task(argc, argv));
}
