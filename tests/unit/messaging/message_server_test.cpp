// A server with clients on loopback.
#include "sluice/messaging/message_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sluice/messaging/message_client.hpp"
#include "support/event.hpp"
#include "support/raw_connection.hpp"
#include "tests/unit/messaging/messaging_verbs.hpp"

namespace sluice::test {
namespace {

TEST(MessageServer, AnswersWhoAsked) {
    auto server = MessageServer::start(server_options());
    ASSERT_TRUE(server);
    std::vector<std::unique_ptr<MessageClient>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(connect(**server));
        ASSERT_TRUE(clients.back()->send(bytes_of("client " + std::to_string(i))));
    }
    for (int i = 0; i < 3; ++i) {
        const Result<Message> question = (*server)->receive();
        ASSERT_TRUE(question);
        ASSERT_TRUE((*server)->send(question->peer(), bytes_of("hello " + text_of(*question))));
    }
    for (int i = 0; i < 3; ++i) {
        const Result<Message> answer = clients[static_cast<std::size_t>(i)]->receive();
        ASSERT_TRUE(answer);
        EXPECT_EQ(text_of(*answer), "hello client " + std::to_string(i));
    }
    EXPECT_EQ((*server)->peers().size(), 3U);
}

TEST(MessageServer, BroadcastReachesAllWithoutCopies) {
    auto server = MessageServer::start(server_options());
    ASSERT_TRUE(server);
    std::vector<std::unique_ptr<MessageClient>> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(connect(**server));
        ASSERT_TRUE(clients.back()->send(bytes_of("here")));
        ASSERT_TRUE((*server)->receive());
    }
    const std::string text(5000, 'b');
    Buffer message = *(*server)->pool().acquire(text.size());
    std::ranges::copy(bytes_of(text), message.writable().begin());
    EXPECT_EQ((*server)->broadcast(message), 4U);
    for (const auto& client : clients) {
        const Result<Message> received = client->receive();
        ASSERT_TRUE(received);
        EXPECT_TRUE(text_of(*received) == text);
    }
}

TEST(MessageServer, HandlerEchoes) {
    struct Echo final : MessageHandler {
        void on_message(const MessageView& message) override {
            EXPECT_TRUE(server.load()->try_send(message.peer, message.bytes));
        }
        std::atomic<MessageServer*> server{nullptr};
    } echo;
    MessageServerOptions options = server_options();
    options.messaging.delivery = MessageDelivery::handler;
    auto server = MessageServer::start(options, &echo);
    ASSERT_TRUE(server);
    echo.server = server->get();
    auto client = connect(**server);
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(client->send(bytes_of(std::to_string(i))));
        const Result<Message> answer = client->receive();
        ASSERT_TRUE(answer);
        ASSERT_EQ(text_of(*answer), std::to_string(i));
    }
}

TEST(MessageServer, OneBadPeerDisturbsNoOther) {
    Watching watching;
    MessageServerOptions options = server_options();
    options.messaging.framing.max_frame_length = 1000;
    auto server = MessageServer::start(options, &watching);
    ASSERT_TRUE(server);
    auto good = connect(**server);
    auto bad = connect(**server);
    ASSERT_TRUE(good->send(bytes_of("first")));
    ASSERT_TRUE(bad->send(bytes_of(std::string(2000, 'x'))));
    ASSERT_TRUE(watching.lost.wait());
    EXPECT_EQ(watching.reason, Errc::bad_frame);
    ASSERT_TRUE(good->send(bytes_of("second")));
    for (const char* expected : {"first", "second"}) {
        const Result<Message> message = (*server)->receive();
        ASSERT_TRUE(message);
        EXPECT_EQ(text_of(*message), expected);
    }
    EXPECT_GE((*server)->statistics().received.bad_frames, 1U);
}

TEST(MessageServer, PeerThatSaysNothingButGarbageIsEndedAtTheLimitOfHunting) {
    MessageServerOptions options = server_options();
    options.messaging.framing = *Framing::parse("sync:b562,length:u16le@4,checksum:sum8,hunt:100");
    auto server = MessageServer::start(options);
    ASSERT_TRUE(server);
    MessagingOptions raw;
    raw.framing = *Framing::parse("raw");
    auto bad = connect(**server, raw);
    ASSERT_TRUE(bad->send(bytes_of(std::string(100, 'g'))));
    ASSERT_TRUE(bad->send(bytes_of("g")));
    while ((*server)->statistics().received.bad_frames < 2) {
        std::this_thread::yield();
    }
    EXPECT_EQ((*server)->statistics().received.skipped_b, 101U);
    expect_balance((*server)->statistics().received);
}

// GHSA-w9fj: frames without bytes cost a budget too.
TEST(MessageServer, AFloodOfEmptyMessagesWaitsInTheQueueLikeOthersAndStarvesNoPeer) {
    MessageServerOptions options = server_options();
    options.messaging.receive_queue_b = 100'000;
    auto server = MessageServer::start(options);
    ASSERT_TRUE(server);
    auto flooding = connect(**server);
    auto good = connect(**server);
    std::atomic<bool> is_over = false;
    std::thread flood([&] {
        MessageSender sender = flooding->sender();
        while (!is_over && sender.send(bytes_of(""))) {
        }
    });
    int heard = 0;
    for (int sent = 0; heard < 20;) {
        if (sent == heard) {
            ASSERT_TRUE(good->send(bytes_of("good")));
            ++sent;
        }
        const Result<Message> message = (*server)->receive();
        ASSERT_TRUE(message);
        heard += message->size() > 0 ? 1 : 0;
        ASSERT_LE((*server)->statistics().waiting_b, 100'000U);
    }
    is_over = true;
    flooding.reset();
    flood.join();
}

// CVE-2024-25767: handles carry a generation.
TEST(MessageServer, TheIdOfAPeerThatIsGoneNamesNobodyAgain) {
    auto server = MessageServer::start(server_options());
    ASSERT_TRUE(server);
    std::set<PeerId> ids;
    for (int i = 0; i < 5; ++i) {
        auto client = connect(**server);
        ASSERT_TRUE(client->send(bytes_of("who am I")));
        const PeerId id = (*server)->receive()->peer();
        EXPECT_TRUE(ids.insert(id).second);
        for (const PeerId other : ids) {
            EXPECT_EQ((*server)->send(other, bytes_of("you")).has_value(), other == id);
        }
        client.reset();
        while (!(*server)->peers().empty()) {
            std::this_thread::yield();
        }
    }
}

// CVE-2021-20235: a later message does not change the memory of one before it.
TEST(MessageServer, KeptMessagesStayAsTheyWereWhateverFollows) {
    auto server = MessageServer::start(server_options());
    ASSERT_TRUE(server);
    auto client = connect(**server);
    std::vector<Message> kept;
    std::vector<std::string> texts;
    for (const std::size_t size : {10U, 200'000U, 900'000U, 100U, 3'000'000U, 150'000U}) {
        texts.emplace_back(size, static_cast<char>('a' + texts.size()));
        ASSERT_TRUE(client->send(bytes_of(texts.back())));
        kept.push_back(*(*server)->receive());
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
        EXPECT_TRUE(text_of(kept[i]) == texts[i]) << i;
    }
}

TEST(MessageServer, BroadcastLeavesOutWhoHasNoRoom) {
    MessageServerOptions options = server_options();
    options.messaging.sending.referenced_b_max = 100'000;
    options.messaging.socket.kernel_transmit_buffer_size_b = 4096;
    auto server = MessageServer::start(options);
    ASSERT_TRUE(server);
    DeviceConnection deaf(connect_raw((*server)->local_address(), 4096));
    deaf.send(framed("here"));
    const PeerId full = (*server)->receive()->peer();
    const std::string text(50'000, 'b');
    while ((*server)->try_send(full, bytes_of(text))) {
    }
    auto client = connect(**server);
    ASSERT_TRUE(client->send(bytes_of("here")));
    ASSERT_TRUE((*server)->receive());
    Buffer message = *(*server)->pool().acquire(text.size());
    std::ranges::copy(bytes_of(text), message.writable().begin());
    EXPECT_EQ((*server)->broadcast(message), 1U);
    EXPECT_EQ(text_of(*client->receive()), text);
    EXPECT_GE((*server)->statistics().sent.refused, 1U);
}

TEST(MessageServer, SlowReaderSlowsPeersAndLosesNothing) {
    constexpr int clients_count = 3;
    constexpr int messages_each = 2000;
    MessageServerOptions options = server_options();
    options.messaging.receive_queue_b = 100'000;
    auto server = MessageServer::start(options);
    ASSERT_TRUE(server);
    std::vector<std::thread> threads;
    for (int c = 0; c < clients_count; ++c) {
        threads.emplace_back([&server, c] {
            auto client = connect(**server);
            MessageSender sender = client->sender();
            for (int i = 0; i < messages_each; ++i) {
                std::string text = std::to_string(c) + ":" + std::to_string(i) + ":";
                text.resize(500, '.');
                EXPECT_TRUE(sender.send(bytes_of(text)));
            }
            client->close(never);
        });
    }
    std::map<PeerId, int> next;
    for (int i = 0; i < clients_count * messages_each; ++i) {
        const Result<Message> message = (*server)->receive();
        ASSERT_TRUE(message);
        const std::string text = text_of(*message);
        ASSERT_EQ(text.substr(2, text.find(':', 2) - 2), std::to_string(next[message->peer()]++));
        EXPECT_LE((*server)->statistics().waiting_b, 100'000U);
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

TEST(MessageServer, SenderOfOnePeerEndsWithIt) {
    auto server = MessageServer::start(server_options());
    ASSERT_TRUE(server);
    auto client = connect(**server);
    ASSERT_TRUE(client->send(bytes_of("x")));
    const PeerId peer = (*server)->receive()->peer();
    Result<MessageSender> sender = (*server)->sender(peer);
    ASSERT_TRUE(sender);
    ASSERT_TRUE(sender->send(bytes_of("direct")));
    EXPECT_EQ(text_of(*client->receive()), "direct");
    client.reset();
    while (sender->send(bytes_of("gone?")) || !(*server)->peers().empty()) {
        std::this_thread::yield();
    }
    EXPECT_EQ(sender->send(bytes_of("gone")).error().code(), Errc::stopped);
    EXPECT_EQ((*server)->send(peer, bytes_of("gone")).error().code(), Errc::not_connected);
    EXPECT_FALSE((*server)->sender(peer));
    expect_balance((*server)->statistics().sent);
}

TEST(MessageServer, RefusesMoreThanPeersMax) {
    MessageServerOptions options = server_options();
    options.peers_max = 1;
    auto server = MessageServer::start(options);
    ASSERT_TRUE(server);
    auto first = connect(**server);
    ASSERT_TRUE(first->send(bytes_of("x")));
    ASSERT_TRUE((*server)->receive());
    MessageClientOptions second;
    second.address = *Address::parse((*server)->local_address());
    second.reconnect_initial = std::chrono::milliseconds(1);
    auto refused = MessageClient::start(second);
    ASSERT_TRUE(refused);
    while ((*server)->statistics().refused < 2) {
        std::this_thread::yield();
    }
    EXPECT_EQ((*server)->peers().size(), 1U);
}

TEST(MessageServer, CloseFlushesWithinItsLimitAndEndsWhoReceives) {
    auto server = MessageServer::start(server_options());
    ASSERT_TRUE(server);
    auto client = connect(**server);
    ASSERT_TRUE(client->send(bytes_of("x")));
    const PeerId peer = (*server)->receive()->peer();
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE((*server)->send(peer, bytes_of("last words")));
    }
    (*server)->close(never);
    EXPECT_EQ((*server)->receive().error().code(), Errc::closed);
    for (int i = 0; i < 100; ++i) {
        const Result<Message> message = client->receive();
        ASSERT_TRUE(message);
        ASSERT_EQ(text_of(*message), "last words");
    }
    expect_balance((*server)->statistics().sent);
}

TEST(MessageServer, ListensOnThisMachineOnlyUnlessAllowed) {
    MessageServerOptions options = server_options();
    options.address = *Address::parse("0.0.0.0:0");
    const auto server = MessageServer::start(options);
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().code(), Errc::invalid_address);
}

}  // namespace
}  // namespace sluice::test
