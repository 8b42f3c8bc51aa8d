// ZeroMQ PAIR: gives every message back.
#include "zeromq.hpp"

namespace sluice::compare {
namespace {

void echo_all(const Task& task) {
    const ZeroMqSocket socket(ZMQ_PAIR);
    socket.bind_and_print_port();
    for (std::uint64_t number = 0; number < round_trips(task); ++number) {
        zmq_msg_t message;
        ::zmq_msg_init(&message);
        require(::zmq_msg_recv(&message, socket.get(), 0) >= 0, "zmq_msg_recv");
        require(::zmq_msg_send(&message, socket.get(), 0) >= 0, "zmq_msg_send");
    }
    wait_for_end_of_input();
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::echo_all(sluice::compare::receiver_task(argc, argv));
}
