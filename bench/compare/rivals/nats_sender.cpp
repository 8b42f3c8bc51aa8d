// NATS core through its C client: publishes to the server at HOST:PORT.
#include "nats_connection.hpp"

namespace sluice::compare {
namespace {

void send_all(const Task& task) {
    Payloads payloads(task.size);
    const CpuMeter cpu;
    const NatsConnection connection(task.host + ":" + task.port);
    for (std::uint64_t number = 0; number < task.count; ++number) {
        nats_require(::natsConnection_Publish(connection.get(), nats_subject,
                                              payloads.whole(number), static_cast<int>(task.size)),
                     "publish");
    }
    connection.flush();
    finish_sender(cpu);
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::send_all(sluice::compare::sender_task(argc, argv));
}
