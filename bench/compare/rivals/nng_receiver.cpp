// nng pull: messages are looked at where the library received them.
#include "nng_socket.hpp"

namespace sluice::compare {
namespace {

void receive_all(const Task& task) {
    MessageCheck check(task);
    const NngSocket socket(&::nng_pull0_open);
    socket.bind_and_print_port();
    while (!check.done()) {
        nng_msg* message = socket.receive();
        check.take(::nng_msg_body(message), ::nng_msg_len(message));
        ::nng_msg_free(message);
    }
    check.report();
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::receive_all(sluice::compare::receiver_task(argc, argv));
}
