// Sluice's MessageServer: gives every message back. Variants as of sluice_ping.
#include "rivals/exchange.hpp"
#include "sluice/messaging/message_server.hpp"

namespace sluice::compare {
namespace {

class Echo final : public MessageHandler {
  public:
    MessageServer* server = nullptr;  // set before anybody knows the port

  private:
    void on_message(const MessageView& message) override {
        require(static_cast<bool>(server->try_send(message.peer, message.bytes)), "send");
    }
};

void echo_all(const Task& task) {
    MessageServerOptions options;
    options.address = *Address::parse("127.0.0.1:0");
    if (task.variant != "queue") {
        options.messaging.delivery = MessageDelivery::handler;
    }
    if (task.variant == "busy_poll") {
        options.messaging.busy_poll = std::chrono::seconds(1);
    }
    Echo echo;
    auto server = MessageServer::start(options, &echo);
    require(static_cast<bool>(server), "start");
    echo.server = server->get();
    const std::string address = (*server)->local_address();
    print_port(static_cast<unsigned>(std::stoul(address.substr(address.rfind(':') + 1))));
    for (std::uint64_t number = 0; task.variant == "queue" && number < round_trips(task);
         ++number) {
        const Result<Message> message = (*server)->receive();
        require(message && (*server)->send(message->peer(), message->bytes()), "echo");
    }
    wait_for_end_of_input();
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::echo_all(sluice::compare::receiver_task(argc, argv));
}
