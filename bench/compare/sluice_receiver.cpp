// Sluice's MessageServer as a receiver, from its queue to the program's thread. Variants: none is
// `receive`, one message a call; `batch` is `receive_batch`.
#include <array>

#include "rivals/exchange.hpp"
#include "sluice/messaging/message_server.hpp"

namespace sluice::compare {
namespace {

void receive_single(MessageServer& server, MessageCheck& check) {
    while (!check.done()) {
        const Result<Message> message = server.receive();
        require(static_cast<bool>(message), "receive");
        check.take(message->data(), message->size());
    }
}

void receive_batches(MessageServer& server, MessageCheck& check) {
    std::array<Message, 64> messages;
    while (!check.done()) {
        const Result<std::size_t> count = server.receive_batch(messages);
        require(static_cast<bool>(count), "receive_batch");
        for (std::size_t i = 0; i < *count; ++i) {
            check.take(messages[i].data(), messages[i].size());
            messages[i] = Message();
        }
    }
}

void receive_all(const Task& task) {
    MessageServerOptions options;
    options.address = *Address::parse("0.0.0.0:0");  // in a network namespace of its own
    options.allow_remote = true;
    options.messaging.framing.max_frame_length = std::size_t{4} * 1024 * 1024;
    auto server = MessageServer::start(options);
    require(static_cast<bool>(server), "start");
    const std::string address = (*server)->local_address();
    print_port(static_cast<unsigned>(std::stoul(address.substr(address.rfind(':') + 1))));
    MessageCheck check(task);
    if (task.variant == "batch") {
        receive_batches(**server, check);
    } else {
        receive_single(**server, check);
    }
    check.report();
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::receive_all(sluice::compare::receiver_task(argc, argv));
}
