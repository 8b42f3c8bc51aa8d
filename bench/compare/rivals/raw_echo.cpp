// Plain sockets without any framing: gives every message back. Variants: `blocking`, `spin`.
#include "raw_round_trip.hpp"

namespace sluice::compare {
namespace {

void echo_all(const Task& task) {
    const RawSocket socket = accept_one();
    std::vector<std::byte> message(task.size);
    const ReceiveWhole receive(task);
    for (std::uint64_t number = 0; number < round_trips(task); ++number) {
        receive(socket, message);
        send_whole(socket, message.data(), message.size());
    }
    wait_for_end_of_input();
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::echo_all(sluice::compare::receiver_task(argc, argv));
}
