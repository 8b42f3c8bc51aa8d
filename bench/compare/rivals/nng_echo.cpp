// nng pair: gives every message back.
#include "nng_socket.hpp"

namespace sluice::compare {
namespace {

void echo_all(const Task& task) {
    const NngSocket socket(&::nng_pair0_open);
    socket.bind_and_print_port();
    for (std::uint64_t number = 0; number < round_trips(task); ++number) {
        socket.send(socket.receive());
    }
    wait_for_end_of_input();
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::echo_all(sluice::compare::receiver_task(argc, argv));
}
