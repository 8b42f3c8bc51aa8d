// A MessageServer that receives from several producers on one connection. Variants: `one`, `four`.
#include "producers.hpp"
#include "rivals/exchange.hpp"
#include "sluice/messaging/message_server.hpp"

namespace sluice::compare {
namespace {

void receive_all(const Task& task) {
    MessageServerOptions options;
    options.address = *Address::parse("0.0.0.0:0");  // in a network namespace of its own
    options.allow_remote = true;
    auto server = MessageServer::start(options);
    require(static_cast<bool>(server), "start");
    const std::string address = (*server)->local_address();
    print_port(static_cast<unsigned>(std::stoul(address.substr(address.rfind(':') + 1))));
    ProducersCheck check(task, producers_of(task.variant));
    while (!check.done()) {
        const Result<Message> message = (*server)->receive();
        require(static_cast<bool>(message), "receive");
        check.take(message->data(), message->size());
    }
    check.report();
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::receive_all(sluice::compare::receiver_task(argc, argv));
}
