// A client against a device on loopback: messages both ways.
#include "sluice/messaging/message_client.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "support/event.hpp"
#include "support/loopback_device.hpp"
#include "tests/unit/messaging/messaging_verbs.hpp"

namespace sluice::test {
namespace {

MessageClientOptions options_for(const LoopbackDevice& device) {
    return client_options(device.address());
}

TEST(MessageClient, SendsAndReceivesWholeMessagesInOrder) {
    LoopbackDevice device(echo);
    auto client = MessageClient::start(options_for(device));
    ASSERT_TRUE(client);
    MessageSender sender = (*client)->sender();
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(sender.send(bytes_of("message " + std::to_string(i))));
    }
    ASSERT_TRUE(sender.send(bytes_of("")));
    for (int i = 0; i < 1000; ++i) {
        const Result<Message> message = (*client)->receive();
        ASSERT_TRUE(message);
        ASSERT_EQ(text_of(*message), "message " + std::to_string(i));
    }
    const Result<Message> last = (*client)->receive();
    ASSERT_TRUE(last);
    EXPECT_EQ(last->size(), 0U);
}

TEST(MessageClient, WireCarriesLengthAndMessage) {
    std::string wire;
    Event done;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t) {
        wire = connection.receive_text(17);
        done.set();
        connection.send(framed("answer"));
        connection.drain();
    });
    auto client = MessageClient::start(options_for(device));
    ASSERT_TRUE(client);
    ASSERT_TRUE((*client)->send(bytes_of("hello")));
    std::array fragments{*(*client)->pool().acquire(4)};
    std::ranges::copy(bytes_of("ab12"), fragments[0].writable().begin());
    ASSERT_TRUE((*client)->send(fragments));
    ASSERT_TRUE(done.wait());
    EXPECT_EQ(wire, framed("hello") + framed("ab12"));
    const Result<Message> answer = (*client)->receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(text_of(*answer), "answer");
}

TEST(MessageClient, LargeMessagesArriveWhole) {
    LoopbackDevice device(echo);
    auto client = MessageClient::start(options_for(device));
    ASSERT_TRUE(client);
    std::string sent(3'000'000, 'x');
    for (std::size_t i = 0; i < sent.size(); i += 1000) {
        sent[i] = static_cast<char>('a' + i / 1000 % 26);
    }
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE((*client)->send(bytes_of(sent)));
        const Result<Message> message = (*client)->receive();
        ASSERT_TRUE(message);
        EXPECT_TRUE(text_of(*message) == sent);
    }
    EXPECT_LT((*client)->statistics().received.copied_b, 1'000'000U) << "bodies go to their place";
}

TEST(MessageClient, ReceiveBatchGivesWhatIsThere) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t) {
        connection.send(framed("a") + framed("b") + framed("c"));
        connection.drain();
    });
    auto client = MessageClient::start(options_for(device));
    ASSERT_TRUE(client);
    std::string all;
    std::array<Message, 2> messages;
    while (all.size() < 3) {
        const Result<std::size_t> count = (*client)->receive_batch(messages);
        ASSERT_TRUE(count);
        ASSERT_LE(*count, 2U);
        for (std::size_t i = 0; i < *count; ++i) {
            all += text_of(messages[i]);
        }
    }
    EXPECT_EQ(all, "abc");
    EXPECT_EQ((*client)->try_receive().error().code(), Errc::would_block);
}

TEST(MessageClient, DescriptorIsReadableWhileMessagesWait) {
    Event go;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t) {
        (void)go.wait();
        connection.send(framed("now"));
        connection.drain();
    });
    auto client = MessageClient::start(options_for(device));
    ASSERT_TRUE(client);
    const Result<int> descriptor = (*client)->descriptor();
    ASSERT_TRUE(descriptor);
    EXPECT_EQ((*client)->try_receive().error().code(), Errc::would_block);
    pollfd wait{.fd = *descriptor, .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&wait, 1, 0), 0);
    go.set();
    EXPECT_EQ(::poll(&wait, 1, 10'000), 1);
    const Result<Message> message = (*client)->try_receive();
    ASSERT_TRUE(message);
    EXPECT_EQ(text_of(*message), "now");
    EXPECT_EQ((*client)->try_receive().error().code(), Errc::would_block);
    EXPECT_EQ(::poll(&wait, 1, 0), 0);
}

TEST(MessageClient, HandlerGetsMessagesAndAnswersThem) {
    struct Answering final : MessageHandler {
        void on_message(const MessageView& message) override {
            const std::string text(reinterpret_cast<const char*>(message.bytes.data()),
                                   message.bytes.size());
            if (text == "last") {
                kept = message.keep();
                last.set();
            } else {
                EXPECT_TRUE(sender->try_send(bytes_of("re:" + text)));
            }
        }
        void on_connected(PeerId peer, const std::string& address) override {
            EXPECT_EQ(peer, 1U);
            EXPECT_NE(address, "");
            connected.set();
        }
        std::optional<MessageSender> sender;
        Event connected;
        Event last;
        Message kept;
    } handler;
    std::string answers;
    Event ready;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t) {
        (void)ready.wait();
        connection.send(framed("one") + framed("two"));
        answers = connection.receive_text(framed("re:one").size() * 2);
        connection.send(framed("last"));
        connection.drain();
    });
    MessageClientOptions options = options_for(device);
    options.messaging.delivery = MessageDelivery::handler;
    {
        auto client = MessageClient::start(options, &handler);
        ASSERT_TRUE(client);
        ASSERT_TRUE(handler.connected.wait());
        handler.sender = (*client)->sender();
        ready.set();
        ASSERT_TRUE(handler.last.wait());
        EXPECT_EQ(text_of(handler.kept), "last");
        handler.kept = Message();
        handler.sender.reset();
    }
    EXPECT_EQ(answers, framed("re:one") + framed("re:two"));
}

TEST(MessageClient, ComesBackAndMessagesThatWaitedFollow) {
    std::string second;
    Event received;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        if (number == 0) {
            connection.close();
            return;
        }
        second = connection.receive_text(framed("waiting").size());
        received.set();
        connection.drain();
    });
    struct Watching final : MessageHandler {
        void on_disconnected(PeerId, const Error&) override { lost.set(); }
        Event lost;
    } watching;
    auto client = MessageClient::start(options_for(device), &watching);
    ASSERT_TRUE(client);
    ASSERT_TRUE(watching.lost.wait());
    ASSERT_TRUE((*client)->send(bytes_of("waiting")));
    ASSERT_TRUE(received.wait());
    EXPECT_EQ(second, framed("waiting"));
}

TEST(MessageClient, RefusesWithoutAConnectionIfAsked) {
    MessageClientOptions options;
    options.address = *Address::parse("127.0.0.1:1");
    options.messaging.wait_for_connection = false;
    auto client = MessageClient::start(options);
    ASSERT_TRUE(client);
    MessageSender sender = (*client)->sender();
    EXPECT_EQ(sender.send(bytes_of("x")).error().code(), Errc::not_connected);
    EXPECT_EQ((*client)->send(bytes_of("x")).error().code(), Errc::not_connected);
}

TEST(MessageClient, FrameOverTheMaximumEndsTheConnectionWithItsReason) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t) {
        connection.send(framed("good"));
        connection.send(std::string("\xff\xff\xff\xff", 4));
        connection.drain();
    });
    struct Watching final : MessageHandler {
        void on_disconnected(PeerId, const Error& error) override {
            if (!lost.is_set()) {
                reason = error.code();
                lost.set();
            }
        }
        Errc reason{};
        Event lost;
    } watching;
    auto client = MessageClient::start(options_for(device), &watching);
    ASSERT_TRUE(client);
    const Result<Message> good = (*client)->receive();
    ASSERT_TRUE(good);
    ASSERT_TRUE(watching.lost.wait());
    EXPECT_EQ(watching.reason, Errc::bad_frame);
    const MessageClientStatistics look = (*client)->statistics();
    EXPECT_GE(look.received.bad_frames, 1U);
    EXPECT_GE(look.link.disconnects[static_cast<std::size_t>(Errc::bad_frame)], 1U);
}

TEST(MessageClient, FrameThatDoesNotEndTimesOut) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t) {
        connection.send(framed("whole message").substr(0, 8));
        connection.drain();
    });
    struct Watching final : MessageHandler {
        void on_disconnected(PeerId, const Error& error) override {
            if (error.code() == Errc::frame_timeout) {
                lost.set();
            }
        }
        Event lost;
    } watching;
    MessageClientOptions options = options_for(device);
    options.messaging.frame_timeout = std::chrono::milliseconds(20);
    auto client = MessageClient::start(options, &watching);
    ASSERT_TRUE(client);
    EXPECT_TRUE(watching.lost.wait());
}

TEST(MessageClient, FullReceiveQueueSlowsThePeerAndLosesNothing) {
    constexpr int count = 20'000;
    const std::string body(1000, 'b');
    std::atomic<int> sent = 0;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t) {
        while (sent < count) {
            ++sent;  // before the client can have it
            if (connection.send(framed(body)) == 0) {
                return;
            }
        }
        connection.drain();
    });
    MessageClientOptions options = options_for(device);
    options.messaging.receive_queue_b = 300'000;
    options.messaging.socket.kernel_receive_buffer_size_b = 65'536;
    auto client = MessageClient::start(options);
    ASSERT_TRUE(client);
    const Result<Message> first = (*client)->receive();
    ASSERT_TRUE(first);
    for (int i = 1; i < count; ++i) {
        EXPECT_LE((*client)->statistics().waiting_b, 300'000U);
        ASSERT_TRUE((*client)->receive());
    }
    EXPECT_EQ(sent, count);
}

TEST(MessageClient, CloseSendsWhatWaitsAndEndsWhoReceives) {
    std::string wire;
    Event read;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t) {
        wire = connection.receive_text(100 * framed("message").size());
        read.set();
        connection.drain();
    });
    auto client = MessageClient::start(options_for(device));
    ASSERT_TRUE(client);
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE((*client)->send(bytes_of("message")));
    }
    (*client)->close(never);
    ASSERT_TRUE(read.wait());
    EXPECT_EQ((*client)->receive().error().code(), Errc::closed);
    EXPECT_EQ((*client)->send(bytes_of("late")).error().code(), Errc::stopped);
}

TEST(MessageClient, EscapedFramingGoesBothWays) {
    LoopbackDevice device(echo);
    MessageClientOptions options = options_for(device);
    options.messaging.framing = *Framing::parse("cobs");
    auto client = MessageClient::start(options);
    ASSERT_TRUE(client);
    std::string zeros(600, '\0');
    zeros[300] = 'x';
    ASSERT_TRUE((*client)->send(bytes_of(zeros)));
    MessageSender sender = (*client)->sender();
    ASSERT_TRUE(sender.send(bytes_of("plain")));
    std::vector<std::string> received;
    for (int i = 0; i < 2; ++i) {
        const Result<Message> message = (*client)->receive();
        ASSERT_TRUE(message);
        received.push_back(text_of(*message));
    }
    std::ranges::sort(received);
    EXPECT_EQ(received, (std::vector<std::string>{zeros, "plain"}));
}

// Java-WebSocket 1507: no maximum that the pool cannot hold.
TEST(MessageClient, ImpossibleOptionsAreRefused) {
    MessageClientOptions options;
    options.address = *Address::parse("127.0.0.1:1");
    options.messaging.receive_pool.size_b = 16 * 1024 * 1024;
    const auto started = MessageClient::start(options);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code(), Errc::invalid_argument);
    EXPECT_NE(started.error().detail().find("max_frame_length"), std::string::npos);
}

}  // namespace
}  // namespace sluice::test
