// ZeroMQ PUSH. Variants: `copy` (zmq_send), `deep` (zmq_send with long queues), `init_data` (the
// messages are handed over where they lie; a slot is free again when the library released it).
#include <atomic>

#include "zeromq.hpp"

namespace sluice::compare {
namespace {

void send_copies(const ZeroMqSocket& socket, const Task& task, Payloads& payloads) {
    for (std::uint64_t number = 0; number < task.count; ++number) {
        const int sent = ::zmq_send(socket.get(), payloads.whole(number), task.size, 0);
        require(sent >= 0, "zmq_send");
    }
}

/// Called on the library's I/O thread, in the order of sending.
void release(void*, void* released) {
    auto& count = *static_cast<std::atomic<std::uint64_t>*>(released);
    count.fetch_add(1, std::memory_order_release);
    count.notify_one();
}

void send_in_place(const ZeroMqSocket& socket, const Task& task, Payloads& payloads,
                   std::atomic<std::uint64_t>& released) {
    for (std::uint64_t number = 0; number < task.count; ++number) {
        for (std::uint64_t seen = released.load(std::memory_order_acquire);
             number - seen == payloads.slots(); seen = released.load(std::memory_order_acquire)) {
            released.wait(seen);
        }
        zmq_msg_t message;
        require(::zmq_msg_init_data(&message, payloads.whole(number), task.size, &release,
                                    &released) == 0,
                "zmq_msg_init_data");
        require(::zmq_msg_send(&message, socket.get(), 0) >= 0, "zmq_msg_send");
    }
}

void send_all(const Task& task) {
    Payloads payloads(task.size);
    std::atomic<std::uint64_t> released{0};
    const ZeroMqSocket socket(ZMQ_PUSH);
    if (task.variant == "deep") {
        socket.set(ZMQ_SNDHWM, deep_queue_messages);
    }
    const CpuMeter cpu;
    socket.connect(task);
    if (task.variant == "init_data") {
        send_in_place(socket, task, payloads, released);
    } else {
        send_copies(socket, task, payloads);
    }
    finish_sender(cpu);
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::send_all(sluice::compare::sender_task(argc, argv));
}
