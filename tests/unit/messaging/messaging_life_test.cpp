// Beginnings and ends: who may outlive whom, and what a callback may do.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sluice/messaging/message_client.hpp"
#include "sluice/messaging/message_server.hpp"
#include "support/event.hpp"
#include "tests/unit/messaging/messaging_verbs.hpp"

namespace sluice::test {
namespace {

TEST(MessagingLife, GreetingSentInOnConnectedLeaves) {
    struct Greeting final : MessageHandler {
        void on_connected(PeerId peer, const std::string& /*address*/) override {
            (void)has_server.wait();
            EXPECT_TRUE((*server)->try_send(peer, bytes_of("welcome")));
        }
        std::optional<std::unique_ptr<MessageServer>> server;
        Event has_server;
    } greeting;
    greeting.server = *MessageServer::start(server_options(), &greeting);
    greeting.has_server.set();
    auto client = connect(**greeting.server);
    EXPECT_EQ(text_of(*client->receive()), "welcome");
    greeting.server.reset();
}

TEST(MessagingLife, PeerMayEndInItsOwnCallback) {
    struct Ending final : MessageHandler {
        void on_message(const MessageView& message) override {
            has_server.wait() ? server->disconnect(message.peer) : void();
        }
        void on_disconnected(PeerId /*peer*/, const Error& error) override {
            // The client dials again, and its second connection ends with the client.
            if (!lost.is_set()) {
                EXPECT_EQ(error.code(), Errc::stopped);
                lost.set();
            }
        }
        MessageServer* server = nullptr;
        Event has_server;
        Event lost;
    } ending;
    MessageServerOptions options = server_options();
    options.messaging.delivery = MessageDelivery::handler;
    auto server = MessageServer::start(options, &ending);
    ending.server = server->get();
    ending.has_server.set();
    auto client = connect(**server);
    ASSERT_TRUE(client->send(bytes_of("end me")));
    ASSERT_TRUE(ending.lost.wait());
    expect_balance((*server)->statistics().received);
}

TEST(MessagingLife, SendersOutliveTheirClientAndTheirServer) {
    auto server = MessageServer::start(server_options());
    auto client = connect(**server);
    MessageSender sender = client->sender();
    ASSERT_TRUE(sender.send(bytes_of("hello")));
    Result<MessageSender> answering = (*server)->sender((*server)->receive()->peer());
    ASSERT_TRUE(answering);
    client.reset();
    EXPECT_EQ(sender.send(bytes_of("gone")).error().code(), Errc::stopped);
    server->reset();
    EXPECT_EQ(answering->send(bytes_of("gone")).error().code(), Errc::stopped);
}

TEST(MessagingLife, EndsBetweenThreadsThatSend) {
    for (int round = 0; round < 50; ++round) {
        auto server = MessageServer::start(server_options());
        auto client = connect(**server);
        std::vector<std::thread> threads;
        threads.reserve(2);
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([sender = client->sender()]() mutable {
                while (sender.send(bytes_of("message"))) {
                }
            });
        }
        ASSERT_TRUE((*server)->receive());
        client->disconnect();
        round % 2 == 0 ? client.reset() : server->reset();
        client.reset();
        for (std::thread& thread : threads) {
            thread.join();
        }
    }
}

TEST(MessagingLife, DisconnectIsForgottenByWhoEnds) {
    auto server = MessageServer::start(server_options());
    for (int round = 0; round < 200; ++round) {
        auto client = connect(**server);
        client->disconnect();
    }
}

TEST(MessagingLifeDeathTest, NothingIsSentWithWhatWasMovedFrom) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            auto server = MessageServer::start(server_options());
            auto client = connect(**server);
            MessageSender sender = client->sender();
            const MessageSender taken = std::move(sender);
            (void)sender.send(bytes_of("x"));
        },
        "moved from");
}

TEST(MessagingLife, AssignedSenderClosesWhatItHad) {
    auto server = MessageServer::start(server_options());
    auto client = connect(**server);
    MessageSender sender = client->sender();
    ASSERT_TRUE(sender.send(bytes_of("first")));
    sender = client->sender();
    EXPECT_EQ(text_of(*(*server)->receive()), "first");
    ASSERT_TRUE(sender.send(bytes_of("second")));
    EXPECT_EQ(text_of(*(*server)->receive()), "second");
}

TEST(MessagingLife, EndForGoodEndsWhoWaits) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t) {
        connection.send(framed("unfinished").substr(0, 8));
        connection.drain();
    });
    MessageClientOptions options = client_options(device.address());
    options.reconnect = false;
    options.messaging.frame_timeout = std::chrono::milliseconds(20);
    auto client = MessageClient::start(options);
    ASSERT_TRUE(client);
    EXPECT_EQ((*client)->receive().error().code(), Errc::closed);
    EXPECT_FALSE((*client)->wait_connected());
    EXPECT_TRUE((*client)->flush());
    EXPECT_EQ((*client)->send(bytes_of("late")).error().code(), Errc::stopped);
    expect_balance((*client)->statistics().received);
}

TEST(MessagingLife, FragmentsThatWaitAreGivenBackAtTheEnd) {
    std::atomic<int> released = 0;
    MessageClientOptions options = client_options("127.0.0.1:1");
    const std::string memory(5000, 'm');
    auto client = MessageClient::start(options);
    MessageSender sender = (*client)->sender();
    const auto release = [](void* count, std::span<const std::byte>) noexcept {
        ++*static_cast<std::atomic<int>*>(count);
    };
    for (int i = 0; i < 3; ++i) {
        std::array own{*(*client)->pool().wrap(bytes_of(memory), release, &released)};
        ASSERT_TRUE(sender.send(own));
        std::array shared{*(*client)->pool().wrap(bytes_of(memory), release, &released)};
        ASSERT_TRUE((*client)->send(shared));
    }
    EXPECT_EQ(released, 0);
    client->reset();
    EXPECT_EQ(released, 6);
}

}  // namespace
}  // namespace sluice::test
