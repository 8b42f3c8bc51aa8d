// Clients and a server on connections that break, from many threads: for ThreadSanitizer too.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "sluice/messaging/message_client.hpp"
#include "sluice/messaging/message_server.hpp"
#include "tests/unit/messaging/messaging_verbs.hpp"

namespace sluice::test {
namespace {

constexpr int clients_count = 3;

/// Queues so small that every message meets a full one.
MessagingOptions tight() {
    MessagingOptions options;
    options.receive_queue_b = 2'000;
    options.sending = {.arena_b = 4096,
                       .messages_max = 16,
                       .references_max = 4,
                       .referenced_b_max = 65'536,
                       .copy_below_b = 300};
    return options;
}

std::string text_of_size(int number) {
    std::string text = std::to_string(number) + ":";
    text.resize(text.size() + static_cast<std::size_t>(number) * 37 % 900, '.');
    return text;
}

TEST(MessagingStress, TinyQueuesLoseNothingAndNobodySleepsForEver) {
    constexpr int messages_each = 5'000;
    MessageServerOptions options = server_options();
    options.messaging = tight();
    auto server = MessageServer::start(options);
    std::vector<std::thread> threads;
    threads.reserve(clients_count);
    for (int c = 0; c < clients_count; ++c) {
        threads.emplace_back([&server] {
            auto client = connect(**server, tight());
            std::thread sending([&client] {
                MessageSender sender = client->sender();
                for (int i = 0; i < messages_each; ++i) {
                    EXPECT_TRUE(sender.send(bytes_of(text_of_size(i))));
                }
            });
            for (int i = 0; i < messages_each; ++i) {
                const Result<Message> answer = client->receive();
                ASSERT_TRUE(answer);
                ASSERT_EQ(text_of(*answer), text_of_size(i));
            }
            sending.join();
        });
    }
    for (int i = 0; i < clients_count * messages_each; ++i) {
        const Result<Message> question = (*server)->receive();
        ASSERT_TRUE(question);
        ASSERT_TRUE((*server)->send(question->peer(), question->bytes()));
    }
    std::ranges::for_each(threads, &std::thread::join);
}

TEST(MessagingStress, LedgersAddUpWhileConnectionsBreak) {
    constexpr int breaks = 60;
    MessageServerOptions options = server_options();
    options.messaging = tight();
    auto server = MessageServer::start(options);
    std::atomic<bool> is_over = false;
    std::vector<std::thread> threads;
    threads.reserve(clients_count);
    for (int c = 0; c < clients_count; ++c) {
        threads.emplace_back([&, c] {
            MessageClientOptions dialing = client_options((*server)->local_address());
            dialing.messaging = tight();
            dialing.messaging.wait_for_connection = c != 0;
            auto client = *MessageClient::start(dialing);
            MessageSender sender = client->sender();
            for (int i = 0; !is_over; ++i) {
                static_cast<void>(sender.try_send(bytes_of(text_of_size(i))));
                static_cast<void>(client->try_send(bytes_of(text_of_size(i))));
                static_cast<void>(client->try_receive());
                const MessageClientStatistics look = client->statistics();
                expect_balance(look.link.egress);
                expect_balance(look.received);
            }
        });
    }
    std::thread serving([&] {
        std::map<PeerId, int> last;
        while (const Result<Message> message = (*server)->receive()) {
            static_cast<void>((*server)->try_send(message->peer(), message->bytes()));
            if (Result<MessageSender> sender = (*server)->sender(message->peer())) {
                static_cast<void>(sender->try_send(message->bytes()));
            }
        }
    });
    for (int broken = 0; broken < breaks;) {
        for (const PeerId peer : (*server)->peers()) {
            (*server)->disconnect(peer);
            ++broken;
        }
        const MessageServerStatistics look = (*server)->statistics();
        expect_balance(look.sent);
        expect_balance(look.received);
        std::this_thread::yield();
    }
    is_over = true;
    std::ranges::for_each(threads, &std::thread::join);
    (*server)->close(SteadyTime::min());
    serving.join();
    const MessageServerStatistics end = (*server)->statistics();
    EXPECT_EQ(end.sent.queued.messages, 0U);
    EXPECT_EQ(end.peers, 0U);
    expect_balance(end.sent);
}

}  // namespace
}  // namespace sluice::test
