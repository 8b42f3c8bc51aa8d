// How clients and servers part: what was accepted arrives, within a limit.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sluice/messaging/message_client.hpp"
#include "sluice/messaging/message_server.hpp"
#include "sluice/sys/clock.hpp"
#include "support/event.hpp"
#include "support/raw_connection.hpp"
#include "support/recording_log.hpp"
#include "tests/unit/messaging/messaging_verbs.hpp"

namespace sluice::test {
namespace {

/// So small that a reset finds most of what was sent on its way, and destroys it.
constexpr int small_buffer_b = 4096;
constexpr int messages_count = 300;
const std::string message_text(1000, 'm');

MessagingOptions tight_options() {
    MessagingOptions options;
    options.receive_queue_b = 1;  // one batch, and then it does not read
    return options;
}

/// The other side of who closes: it has sent what nobody reads, and reads slowly itself.
class SlowReader {
  public:
    /// On a thread of its own; returns what it read.
    std::string run(DeviceConnection& connection) {
        connection.send(framed("taken into the queue"));
        EXPECT_TRUE(is_queued.wait());
        connection.send(framed("refused by the queue"));
        EXPECT_TRUE(is_refused.wait());
        connection.send(framed("never received"));
        EXPECT_TRUE(connection.wait_acknowledged());
        is_unread.set();
        EXPECT_TRUE(is_closing.wait());
        std::string read;
        std::array<std::byte, 100> piece;
        while (const std::size_t got = connection.receive(piece)) {
            read += text_of(std::span(piece).first(got));
        }
        return read;
    }
    /// Returns when bytes of it are unread. `count` looks at how many messages were counted.
    template <typename Count>
    void wait_unread(Count count) {
        wait_for(count, 1);
        is_queued.set();
        wait_for(count, 2);
        is_refused.set();
        EXPECT_TRUE(is_unread.wait());
    }

    Event is_queued;
    Event is_refused;
    Event is_unread;
    Event is_closing;

  private:
    template <typename Count>
    static void wait_for(Count count, std::uint64_t messages) {
        while (count() < messages) {
            std::this_thread::yield();
        }
    }
};

std::string expected_stream() {
    std::string stream;
    for (int i = 0; i < messages_count; ++i) {
        stream += framed(message_text);
    }
    return stream;
}

TEST(MessagingClose, ASlowReaderGetsEveryByteOfAClientThatHasNotReadWhatItSent) {
    SlowReader reader;
    std::string read;
    LoopbackDevice device(
        [&](DeviceConnection& connection, std::size_t number) {
            if (number == 0) {
                read = reader.run(connection);
            }
        },
        {.receive_buffer_b = small_buffer_b});
    MessageClientOptions options = client_options(device.address());
    options.messaging = tight_options();
    auto client = MessageClient::start(options);
    ASSERT_TRUE(client);
    reader.wait_unread([&] { return (*client)->statistics().received.messages; });
    for (int i = 0; i < messages_count; ++i) {
        ASSERT_TRUE((*client)->send(bytes_of(message_text)));
    }
    ASSERT_TRUE((*client)->flush());
    reader.is_closing.set();
    (*client)->close(never);
    device.leave();
    EXPECT_TRUE(read == expected_stream()) << read.size() << " bytes";
    EXPECT_EQ(text_of(*(*client)->receive()), "taken into the queue");
    EXPECT_EQ((*client)->receive().error().code(), Errc::closed);
    expect_balance((*client)->statistics().received);
    expect_balance((*client)->statistics().link.egress);
}

TEST(MessagingClose, ASlowReaderGetsEveryByteOfAServerThatHasNotReadWhatItSent) {
    MessageServerOptions options = server_options();
    options.messaging = tight_options();
    auto server = MessageServer::start(options);
    ASSERT_TRUE(server);
    SlowReader reader;
    std::string read;
    std::thread peer([&] {
        DeviceConnection connection(connect_raw((*server)->local_address(), small_buffer_b));
        read = reader.run(connection);
    });
    reader.wait_unread([&] { return (*server)->statistics().received.messages; });
    const PeerId id = (*server)->peers().front();
    MessageSender sender = *(*server)->sender(id);
    for (int i = 0; i < messages_count; ++i) {
        ASSERT_TRUE(i % 2 == 0 ? sender.send(bytes_of(message_text))
                               : (*server)->send(id, bytes_of(message_text)));
    }
    reader.is_closing.set();
    (*server)->close(never);
    peer.join();
    EXPECT_TRUE(read == expected_stream()) << read.size() << " bytes";
    EXPECT_EQ(text_of(*(*server)->receive()), "taken into the queue");
    EXPECT_EQ((*server)->receive().error().code(), Errc::closed);
    const MessageServerStatistics statistics = (*server)->statistics();
    EXPECT_EQ(statistics.sent.sent.messages, std::uint64_t{messages_count});
    expect_balance(statistics.received);
    expect_balance(statistics.sent);
}

TEST(MessagingClose, WhoDoesNotEndIsEndedAtTheDeadline) {
    Event is_over;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t) {
        connection.drain();
        (void)is_over.wait();
    });
    auto client = MessageClient::start(client_options(device.address()));
    ASSERT_TRUE((*client)->wait_connected());
    (*client)->close(sys::now() + std::chrono::milliseconds(20));
    EXPECT_FALSE((*client)->wait_connected());
    is_over.set();

    auto server = MessageServer::start(server_options());
    DeviceConnection silent(connect_raw((*server)->local_address()));
    while ((*server)->peers().empty()) {
        std::this_thread::yield();
    }
    (*server)->close(sys::now() + std::chrono::milliseconds(20));
    EXPECT_TRUE((*server)->peers().empty());
}

TEST(MessagingClose, WhoReceivesGetsWhatComesBeforeTheOtherSideEnds) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t) {
        connection.drain();  // returns when the client has ended its sending
        connection.send(framed("last words"));
    });
    auto client = MessageClient::start(client_options(device.address()));
    ASSERT_TRUE((*client)->wait_connected());
    (*client)->close(never);
    const Result<Message> message = (*client)->receive();
    ASSERT_TRUE(message);
    EXPECT_EQ(text_of(*message), "last words");
    EXPECT_EQ((*client)->receive().error().code(), Errc::closed);
}

TEST(MessagingClose, WhatAHandlerAnswersTooLateEndsNoConnection) {
    struct Answering final : MessageHandler {
        void on_message(const MessageView& message) override {
            EXPECT_TRUE((*server)->try_send(message.peer, message.bytes));
        }
        void on_disconnected(PeerId, const Error&) override { ++disconnects; }
        std::optional<Result<std::unique_ptr<MessageServer>>> started;
        std::unique_ptr<MessageServer>* server = nullptr;
        int disconnects = 0;
    } answering;
    MessageServerOptions options = server_options();
    options.messaging.delivery = MessageDelivery::handler;
    answering.started.emplace(MessageServer::start(options, &answering));
    answering.server = &**answering.started;
    std::thread peer([&] {
        DeviceConnection connection(connect_raw((*answering.server)->local_address()));
        connection.send(framed("in time"));
        EXPECT_EQ(connection.receive_text(11), framed("in time"));
        std::byte none;
        EXPECT_EQ(connection.receive(std::span(&none, 1)), 0U) << "the server has ended sending";
        for (std::uint64_t received = 1; received < 6; ++received) {
            while ((*answering.server)->statistics().received.messages < received &&
                   !(*answering.server)->peers().empty()) {
                std::this_thread::yield();
            }
            connection.send(framed("too late"));
        }
    });
    while ((*answering.server)->statistics().sent.sent.messages == 0) {
        std::this_thread::yield();
    }
    (*answering.server)->close(never);
    peer.join();
    const MessageServerStatistics statistics = (*answering.server)->statistics();
    EXPECT_EQ(statistics.received.messages, 6U);
    EXPECT_EQ(statistics.sent.sent.messages, 1U);
    EXPECT_EQ(answering.disconnects, 0);
    expect_balance(statistics.sent);
}

// CVE-2020-15166: who connects and says nothing keeps no place from others.
TEST(MessagingClose, SilentPeersAreEndedWhereThatIsConfigured) {
    Watching watching;
    MessageServerOptions options = server_options();
    options.peers_max = 1;
    options.data_receive_timeout = std::chrono::milliseconds(20);
    auto server = MessageServer::start(options, &watching);
    ASSERT_TRUE(server);
    DeviceConnection silent(connect_raw((*server)->local_address()));
    ASSERT_TRUE(watching.lost.wait());
    EXPECT_EQ(watching.reason, Errc::data_timeout);
    std::byte none;
    EXPECT_EQ(silent.receive(std::span(&none, 1)), 0U);
    while (!(*server)->peers().empty()) {
        std::this_thread::yield();
    }
    DeviceConnection talking(connect_raw((*server)->local_address()));
    talking.send(framed("hello"));
    EXPECT_EQ(text_of(*(*server)->receive()), "hello");
    options.data_receive_timeout = -std::chrono::milliseconds(1);
    EXPECT_EQ(MessageServer::start(options).error().code(), Errc::invalid_argument);
}

// nanomsg 956: HTTP on a port of messages is no reason to crash.
TEST(MessagingClose, WhoSpeaksAnotherProtocolIsEndedAndNamedInTheLog) {
    RecordingLog log;
    auto server = MessageServer::start(server_options());
    ASSERT_TRUE(server);
    DeviceConnection browser(connect_raw((*server)->local_address()));
    browser.send("GET / HTTP/1.1\r\n\r\n");
    browser.drain();
    while (!(*server)->peers().empty()) {
        std::this_thread::yield();
    }
    const std::vector<std::string> lines = log.lines();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[1].starts_with("other_protocol peer=")) << lines[1];
    EXPECT_TRUE(lines[1].ends_with(" looks_like=HTTP")) << lines[1];
}

TEST(MessagingClose, WhatWaitsForAPeerThatDiesIsCountedAsLostWithItsConnection) {
    MessageServerOptions options = server_options();
    options.messaging.socket.kernel_transmit_buffer_size_b = 4096;
    auto server = MessageServer::start(options);
    ASSERT_TRUE(server);
    DeviceConnection peer(connect_raw((*server)->local_address(), small_buffer_b));
    peer.send(framed("hello"));
    const PeerId id = (*server)->receive()->peer();
    MessageSender sender = *(*server)->sender(id);
    std::uint64_t accepted = 0;
    while (sender.try_send(bytes_of(message_text)) &&
           (*server)->send(id, bytes_of(message_text), SteadyTime::min())) {
        accepted += 2;
    }
    ASSERT_GT(accepted, 0U);
    peer.reset();
    while (!(*server)->peers().empty()) {
        std::this_thread::yield();
    }
    const net::EgressLedger sent = (*server)->statistics().sent;
    const auto dropped = [&](net::DropReason reason) {
        return sent.dropped[static_cast<std::size_t>(reason)].messages;
    };
    EXPECT_EQ(sent.queued.messages, 0U);
    EXPECT_EQ(dropped(net::DropReason::stopped), 0U);
    EXPECT_GT(dropped(net::DropReason::connection_lost), 0U);
    expect_balance(sent);
}

}  // namespace
}  // namespace sluice::test
