// nng push: messages are handed over without a further copy.
#include "nng_socket.hpp"

namespace sluice::compare {
namespace {

void send_all(const Task& task) {
    Payloads payloads(task.size);
    const NngSocket socket(&::nng_push0_open);
    nng_require(::nng_socket_set_int(socket.get(), NNG_OPT_SENDBUF, nng_queue_messages),
                "NNG_OPT_SENDBUF");
    const CpuMeter cpu;
    socket.connect(task);
    for (std::uint64_t number = 0; number < task.count; ++number) {
        socket.send(make_nng_message(payloads.whole(number), task.size));
    }
    finish_sender(cpu);
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::send_all(sluice::compare::sender_task(argc, argv));
}
