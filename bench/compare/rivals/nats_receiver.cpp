// NATS core through its C client. VARIANT is the port of the server; it is printed, for the sender,
// when the subscription is in force.
#include "nats_connection.hpp"

namespace sluice::compare {
namespace {

constexpr int wait_ms = 60'000;

void receive_all(const Task& task) {
    MessageCheck check(task);
    const NatsConnection connection("127.0.0.1:" + task.variant);
    natsSubscription* subscription = nullptr;
    nats_require(::natsConnection_SubscribeSync(&subscription, connection.get(), nats_subject),
                 "subscribe");
    nats_require(::natsSubscription_SetPendingLimits(subscription, -1, -1), "pending limits");
    connection.flush();
    print_port(static_cast<unsigned>(std::atoi(task.variant.c_str())));
    while (!check.done()) {
        natsMsg* message = nullptr;
        nats_require(::natsSubscription_NextMsg(&message, subscription, wait_ms), "next message");
        check.take(::natsMsg_GetData(message),
                   static_cast<std::size_t>(::natsMsg_GetDataLength(message)));
        ::natsMsg_Destroy(message);
    }
    check.report();
    ::natsSubscription_Destroy(subscription);
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::receive_all(sluice::compare::receiver_task(argc, argv));
}
