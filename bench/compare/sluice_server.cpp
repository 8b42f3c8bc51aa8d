// Sluice's MessageServer with many connections: gives every message back, on the receive thread.
// Takes the number of connections, prints its port, ends with its input.
#include "rivals/exchange.hpp"
#include "sluice/messaging/message_server.hpp"
#include "sluice/sys/thread.hpp"

namespace sluice::compare {
namespace {

class Echo final : public MessageHandler {
  public:
    MessageServer* server = nullptr;

  private:
    void on_message(const MessageView& message) override {
        static_cast<void>(server->try_send(message.peer, message.bytes));
    }
};

void serve(std::size_t connections) {
    static_cast<void>(sys::raise_descriptor_limit());
    MessageServerOptions options;
    options.address = *Address::parse("127.0.0.1:0");
    options.peers_max = connections;
    options.messaging.framing.max_frame_length = 64 * 1024;
    options.messaging.delivery = MessageDelivery::handler;
    Echo echo;
    auto server = MessageServer::start(options, &echo);
    require(static_cast<bool>(server), "start");
    echo.server = server->get();
    const std::string address = (*server)->local_address();
    print_port(static_cast<unsigned>(std::stoul(address.substr(address.rfind(':') + 1))));
    wait_for_end_of_input();
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    if (argc != 2) {
        sluice::compare::refuse_arguments("sluice_server CONNECTIONS");
    }
    sluice::compare::serve(std::strtoull(argv[1], nullptr, 10));
}
