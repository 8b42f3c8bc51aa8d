// Threads that send through one MessageClient, each with a sender of its own. Variants: `one`,
// `four`.
#include <thread>
#include <vector>

#include "producers.hpp"
#include "rivals/exchange.hpp"
#include "sluice/messaging/message_client.hpp"

namespace sluice::compare {
namespace {

void send_numbers_of(MessageClient& client, const Task& task, unsigned producer,
                     unsigned producers) {
    Payloads payloads(task.size);
    MessageSender sender = client.sender();
    for (std::uint64_t number = producer; number < task.count; number += producers) {
        require(static_cast<bool>(sender.send({payloads.whole(number), task.size})), "send");
    }
}

/// Producer p of n sends the messages p, p + n, p + 2 n ...
void send_from_threads(MessageClient& client, const Task& task, unsigned producers) {
    std::vector<std::thread> threads;
    for (unsigned producer = 0; producer < producers; ++producer) {
        threads.emplace_back([&client, &task, producer, producers] {
            send_numbers_of(client, task, producer, producers);
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

void send_all(const Task& task) {
    const CpuMeter cpu;
    MessageClientOptions options;
    options.address = *Address::parse(task.host + ":" + task.port);
    auto client = MessageClient::start(options);
    require(static_cast<bool>(client), "start");
    send_from_threads(**client, task, producers_of(task.variant));
    (*client)->flush();
    finish_sender(cpu);
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::send_all(sluice::compare::sender_task(argc, argv));
}
