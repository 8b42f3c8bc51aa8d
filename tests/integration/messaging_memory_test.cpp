// What a connection costs. A program of its own, because it replaces operator new.
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "sluice/messaging/message_server.hpp"
#include "support/count_allocations.hpp"
#include "support/plain_client.hpp"

namespace sluice::test {
namespace {

constexpr std::size_t connections = 400;
constexpr std::size_t message_b = 64;
/// A queue that took at once what it may grow to would cost megabytes.
constexpr std::size_t connection_b_max = 3000;

class Echo final : public MessageHandler {
  public:
    MessageServer* server = nullptr;

  private:
    void on_message(const MessageView& message) override {
        EXPECT_TRUE(server->try_send(message.peer, message.bytes));
    }
};

TEST(MessagingMemory, ConnectionThatEchoesTakesNotMuchMoreThanItsMessage) {
    MessageServerOptions options;
    options.address = *Address::parse("127.0.0.1:0");
    options.messaging.framing = *Framing::parse("fixed:64");
    options.messaging.delivery = MessageDelivery::handler;
    Echo echo;
    const auto server = *MessageServer::start(options, &echo);
    echo.server = server.get();
    const std::uint16_t port = Address::parse(server->local_address())->port();

    std::vector<std::optional<PlainClient>> clients(connections);
    constexpr std::size_t warm_up = connections / 10;
    std::size_t before_b = 0;
    for (std::size_t i = 0; i < connections; ++i) {
        before_b = i == warm_up ? allocated_b.load() : before_b;
        clients[i].emplace(port);
        clients[i]->send(message_b);
        EXPECT_EQ(clients[i]->receive(message_b).size(), message_b);
    }
    const std::size_t connection_b = (allocated_b - before_b) / (connections - warm_up);
    EXPECT_LT(connection_b, connection_b_max);
    RecordProperty("connection_b", static_cast<int>(connection_b));
}

}  // namespace
}  // namespace sluice::test
