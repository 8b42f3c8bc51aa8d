// Ways of messages through clients and servers: every framing, fragments, bounds, many threads.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sluice/messaging/message_client.hpp"
#include "sluice/messaging/message_server.hpp"
#include "support/event.hpp"
#include "tests/unit/messaging/messaging_verbs.hpp"

namespace sluice::test {
namespace {

class EveryFraming : public ::testing::TestWithParam<const char*> {};

/// What a framing with fixed lengths, or text only, can carry too.
std::string numbered(int number) {
    std::string text = "message " + std::to_string(number);
    text.resize(20, '.');
    return text;
}

TEST_P(EveryFraming, GoesBothWaysBySenderSharedAndInFragments) {
    MessageServerOptions options = server_options();
    options.messaging.framing = *Framing::parse(GetParam());
    auto server = MessageServer::start(options);
    ASSERT_TRUE(server) << server.error().message();
    auto client = connect(**server, options.messaging);
    MessageSender sender = client->sender();
    for (int i = 0; i < 30; ++i) {
        const std::string text = numbered(i);
        if (i % 3 == 0) {
            ASSERT_TRUE(sender.send(bytes_of(text)));
        } else if (i % 3 == 1) {
            ASSERT_TRUE(client->send(bytes_of(text)));
        } else {
            std::array fragments{*client->pool().acquire(10), *client->pool().acquire(10)};
            std::ranges::copy(bytes_of(text).first(10), fragments[0].writable().begin());
            std::ranges::copy(bytes_of(text).last(10), fragments[1].writable().begin());
            ASSERT_TRUE(sender.send(fragments));
        }
        const Result<Message> question = (*server)->receive();
        ASSERT_TRUE(question);
        ASSERT_TRUE(text_of(*question).find(text) != std::string::npos) << text_of(*question);
        ASSERT_TRUE((*server)->send(question->peer(), bytes_of(text)));
        const Result<Message> answer = client->receive();
        ASSERT_TRUE(answer);
        ASSERT_TRUE(text_of(*answer).find(text) != std::string::npos) << text_of(*answer);
    }
    // What is received together is counted once it is handed over.
    while ((*server)->statistics().received.messages < 30) {
        std::this_thread::yield();
    }
    const MessageCounts counts = (*server)->statistics().received;
    EXPECT_EQ(counts.messages, 30U);
    EXPECT_EQ(counts.bad_frames, 0U);
    expect_balance(counts);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryFraming,
                         ::testing::Values("length:u32be,strip:4", "length:u16le", "length:u64be",
                                           "varint", "lines", "delimiter:0d0a", "fixed:20",
                                           "octet-counting", "netstring", "slip", "cobs",
                                           "sync:b562,length:u16le@2,adjust:2,checksum:fletcher8@2",
                                           "raw"));

/// Messages of 'a's, as many as their first byte says, counted in it.
class Counted : public Framer {
  public:
    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed,
                            const ScanState& /*state*/) const override {
        if (unparsed.empty()) {
            return Scan::need(1);
        }
        const std::size_t size = std::to_integer<std::size_t>(unparsed[0]);
        return unparsed.size() <= size ? Scan::need(size + 1) : Scan::frame(size + 1, 1, size);
    }
    [[nodiscard]] Result<FrameEnvelope> enclose(std::span<const std::byte> /*head*/,
                                                FrameBody body) const override {
        if (size_b(body) > 255) {
            return Error(Errc::too_large);
        }
        FrameEnvelope envelope;
        const std::array size{static_cast<std::byte>(size_b(body))};
        envelope.append_before(size);
        return envelope;
    }
    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return 256; }
};

TEST(MessagingPaths, FramerOfOnesOwnGoesBothWays) {
    MessageServerOptions options = server_options();
    options.messaging.framer = std::make_shared<Counted>();
    auto server = MessageServer::start(options);
    ASSERT_TRUE(server);
    auto client = connect(**server, options.messaging);
    MessageSender sender = client->sender();
    for (const std::size_t size : {0U, 1U, 255U}) {
        const std::string text(size, 'a');
        ASSERT_TRUE(sender.send(bytes_of(text)));
        const Result<Message> question = (*server)->receive();
        ASSERT_TRUE(question);
        EXPECT_EQ(text_of(*question), text);
        ASSERT_TRUE((*server)->send(question->peer(), bytes_of(text)));
        EXPECT_EQ(text_of(*client->receive()), text);
    }
    EXPECT_EQ(sender.send(bytes_of(std::string(256, 'a'))).error().code(), Errc::too_large);
}

TEST(MessagingPaths, FramerWithoutABoundIsRefused) {
    class Endless final : public Counted {
        [[nodiscard]] std::size_t frame_b_max() const noexcept override { return SIZE_MAX; }
    };
    MessageServerOptions options = server_options();
    options.messaging.framer = std::make_shared<Endless>();
    const auto server = MessageServer::start(options);
    ASSERT_FALSE(server);
    EXPECT_NE(server.error().detail().find("receive_pool.size_b"), std::string::npos);
}

TEST(MessagingPaths, HeadStandsBeforeTheLengthField) {
    std::string wire;
    Event done;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t) {
        wire = connection.receive_text(2 + 1 + 4);
        done.set();
        connection.drain();
    });
    MessageClientOptions options = client_options(device.address());
    options.messaging.framing = *Framing::parse("length:u8@2");
    auto client = MessageClient::start(options);
    ASSERT_TRUE(client);
    std::array fragments{*(*client)->pool().acquire(4)};
    std::ranges::copy(bytes_of("body"), fragments[0].writable().begin());
    EXPECT_EQ((*client)->sender().send(fragments).error().code(), Errc::invalid_argument);
    EXPECT_EQ(fragments[0].size(), 4U) << "moved from on success only";
    ASSERT_TRUE((*client)->sender().send(fragments, never, bytes_of("HD")));
    ASSERT_TRUE(done.wait());
    EXPECT_EQ(wire,
              "HD\x04"
              "body");
}

/// Lends texts and records the order in which they come back.
class Lender {
  public:
    Buffer lend(BufferPool& pool, std::string_view text) {
        return *pool.wrap(bytes_of(text), &Lender::take_back, this);
    }
    [[nodiscard]] std::vector<const void*> returned() const {
        const std::lock_guard lock(mutex_);
        return returned_;
    }

  private:
    static void take_back(void* self, std::span<const std::byte> memory) noexcept {
        auto& lender = *static_cast<Lender*>(self);
        const std::lock_guard lock(lender.mutex_);
        lender.returned_.push_back(memory.data());
    }
    mutable std::mutex mutex_;
    std::vector<const void*> returned_;
};

TEST(MessagingPaths, HeaderXAndYOfTheSeedAreSentWithoutACopy) {
    const std::string x(200, 'x');
    const std::string y(800, 'y');
    Lender lender;
    auto server = MessageServer::start(server_options());
    MessagingOptions messaging;
    messaging.sending.copy_below_b = 0;
    auto client = connect(**server, messaging);
    MessageSender sender = client->sender();
    std::array fragments{lender.lend(client->pool(), "header"), lender.lend(client->pool(), x),
                         lender.lend(client->pool(), y)};
    const std::vector<const void*> in_order{fragments[0].data(), x.data(), y.data()};
    ASSERT_TRUE(sender.send(fragments));
    EXPECT_EQ(text_of(*(*server)->receive()), "header" + x + y);
    ASSERT_TRUE(client->flush());
    EXPECT_EQ(lender.returned(), in_order) << "the lent memory itself was sent";
}

TEST(MessagingPaths, FragmentThatTheKernelDoesNotTakeIsNotGivenBack) {
    const std::string small(5000, 's');
    std::string large;
    large.resize(20'000'000, 'l');
    Lender lender;
    Event go;
    LoopbackDevice device(
        [&](DeviceConnection& connection, std::size_t) {
            (void)go.wait();
            connection.drain();
        },
        {.receive_buffer_b = 8192});
    MessageClientOptions options = client_options(device.address());
    options.messaging.socket.kernel_transmit_buffer_size_b = 16'384;
    options.messaging.framing.max_frame_length = std::uint64_t{32} << 20U;
    options.messaging.receive_pool.size_b = std::size_t{256} << 20U;
    auto client = MessageClient::start(options);
    ASSERT_TRUE(client);
    std::array fragments{lender.lend((*client)->pool(), small),
                         lender.lend((*client)->pool(), large)};
    MessageSender sender = (*client)->sender();
    ASSERT_TRUE(sender.send(fragments));
    while (lender.returned().empty()) {
        std::this_thread::yield();
    }
    EXPECT_EQ(lender.returned(), std::vector<const void*>{small.data()});
    EXPECT_EQ((*client)->statistics().link.egress.sent.messages, 0U);
    EXPECT_FALSE((*client)->flush(SteadyTime{}));
    go.set();
    EXPECT_TRUE((*client)->flush());
    EXPECT_EQ(lender.returned().size(), 2U);
}

MessageClientOptions nowhere() {
    MessageClientOptions options = client_options("127.0.0.1:1");
    options.messaging.sending = {.arena_b = 4096,
                                 .messages_max = 16,
                                 .references_max = 2,
                                 .referenced_b_max = 10'000,
                                 .copy_below_b = 100};
    return options;
}

TEST(MessagingPaths, TrySendSaysWouldBlockAtExactlyItsBounds) {
    const std::string memory(5000, 'm');
    Lender lender;
    auto client = MessageClient::start(nowhere());
    ASSERT_TRUE(client);
    MessageSender by_bytes = (*client)->sender();
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(by_bytes.try_send(bytes_of(std::string(1020, 'b')))) << i;
    }
    EXPECT_EQ(by_bytes.try_send(bytes_of("")).error().code(), Errc::would_block);
    MessageSender by_count = (*client)->sender();
    for (int i = 0; i < 16; ++i) {
        ASSERT_TRUE(by_count.try_send(bytes_of("")));
    }
    EXPECT_EQ(by_count.try_send(bytes_of("")).error().code(), Errc::would_block);
    EXPECT_EQ(by_count.send(bytes_of(""), SteadyTime{}).error().code(), Errc::timed_out);
    MessageSender by_references = (*client)->sender();
    for (int i = 0; i < 2; ++i) {
        std::array fragments{lender.lend((*client)->pool(), memory)};
        ASSERT_TRUE(by_references.try_send(fragments));
    }
    std::array third{lender.lend((*client)->pool(), memory)};
    EXPECT_EQ(by_references.try_send(third).error().code(), Errc::would_block);
    EXPECT_EQ(third[0].size(), 5000U);
    const net::EgressLedger ledger = (*client)->statistics().link.egress;
    EXPECT_EQ(ledger.queued.messages, 4U + 16U + 2U);
    EXPECT_EQ(ledger.refused, 4U);
    expect_balance(ledger);
}

TEST(MessagingPaths, SendBatchTakesAsManyAsHaveRoom) {
    auto client = MessageClient::start(nowhere());
    MessageSender sender = (*client)->sender();
    const std::vector<std::span<const std::byte>> messages(20, bytes_of("m"));
    const Result<std::size_t> sent = sender.send_batch(messages, SteadyTime::min());
    ASSERT_TRUE(sent);
    EXPECT_EQ(*sent, 16U);
    EXPECT_EQ(sender.send_batch(messages, SteadyTime::min()).error().code(), Errc::would_block);
}

TEST(MessagingPaths, MessageOverTheFramingsMaximumIsTooLarge) {
    MessageClientOptions options = nowhere();
    options.messaging.framing.max_frame_length = 1000;
    auto client = MessageClient::start(options);
    MessageSender sender = (*client)->sender();
    EXPECT_TRUE(sender.try_send(bytes_of(std::string(996, 'x'))));
    EXPECT_EQ(sender.try_send(bytes_of(std::string(997, 'x'))).error().code(), Errc::too_large);
    EXPECT_EQ((*client)->try_send(bytes_of(std::string(997, 'x'))).error().code(), Errc::too_large);
}

TEST(MessagingPaths, ThreadsSendAtTheSameTimeEachInItsOrder) {
    constexpr int threads_count = 4;
    constexpr int messages_each = 3000;
    auto server = MessageServer::start(server_options());
    auto client = connect(**server);
    std::vector<std::thread> threads;
    threads.reserve(threads_count);
    for (int t = 0; t < threads_count; ++t) {
        threads.emplace_back([&client, t] {
            MessageSender sender = client->sender();
            for (int i = 0; i < messages_each; ++i) {
                const std::string text = std::to_string(t) + std::to_string(i);
                EXPECT_TRUE(t % 2 == 0 ? sender.send(bytes_of(text))
                                       : client->send(bytes_of(text)));
            }
        });
    }
    std::array<int, threads_count> next{};
    for (int i = 0; i < threads_count * messages_each; ++i) {
        const Result<Message> message = (*server)->receive();
        ASSERT_TRUE(message);
        const std::string text = text_of(*message);
        int& expected = next[static_cast<std::size_t>(text[0] - '0')];
        ASSERT_EQ(text.substr(1), std::to_string(expected++));
    }
    std::ranges::for_each(threads, &std::thread::join);
    EXPECT_TRUE(client->flush());  // what arrived may still be on its way into the ledger
    const net::EgressLedger ledger = client->statistics().link.egress;
    EXPECT_EQ(ledger.sent.messages, ledger.accepted.messages);
}

TEST(MessagingPaths, LedgerIsExactAcrossReconnectsWhileItSends) {
    constexpr std::size_t breaks = 20;
    std::atomic<std::uint64_t> arrived = 0;
    Event last;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        if (number < breaks) {
            arrived += connection.receive_text(10'000).size();
            connection.reset();
            return;
        }
        last.set();
        connection.drain();
    });
    auto client = MessageClient::start(client_options(device.address()));
    MessageSender sender = (*client)->sender();
    while (!last.is_set()) {
        ASSERT_TRUE(sender.send(bytes_of("lane")));
        ASSERT_TRUE((*client)->send(bytes_of("shared")));
        expect_balance((*client)->statistics().link.egress);
    }
    EXPECT_TRUE((*client)->flush());
    const net::EgressLedger ledger = (*client)->statistics().link.egress;
    expect_balance(ledger);
    EXPECT_EQ(ledger.queued.messages, 0U);
    EXPECT_GE((*client)->statistics().link.connects, breaks);
}

TEST(MessagingPaths, UnixSocketsAndIpv6Work) {
    const std::string path = "messaging_test." + std::to_string(::getpid()) + ".sock";
    for (const std::string& address : {"unix:" + path, std::string("[::1]:0")}) {
        auto server = MessageServer::start(server_options(address));
        ASSERT_TRUE(server) << server.error().message();
        auto client = connect(**server);
        ASSERT_TRUE(client->send(bytes_of("over " + address)));
        EXPECT_EQ(text_of(*(*server)->receive()), "over " + address);
    }
}

TEST(MessagingPaths, BusyPollReceivesWhateverItsTime) {
    MessageServerOptions options = server_options();
    options.messaging.busy_poll = std::chrono::milliseconds(1);
    auto server = MessageServer::start(options);
    MessagingOptions for_ever;
    for_ever.busy_poll = Duration::max();
    auto client = connect(**server, for_ever);
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(client->send(bytes_of("ping")));
        const Result<Message> ping = (*server)->receive();
        ASSERT_TRUE(ping);
        ASSERT_TRUE((*server)->send(ping->peer(), bytes_of("pong")));
        EXPECT_EQ(text_of(*client->receive()), "pong");
    }
}

TEST(MessagingPaths, DescriptorServesAPollLoopOfTheProgram) {
    auto server = MessageServer::start(server_options());
    const Result<int> descriptor = (*server)->descriptor();
    ASSERT_TRUE(descriptor);
    std::thread sending([&server] {
        auto client = connect(**server);
        MessageSender sender = client->sender();
        for (int i = 0; i < 10'000; ++i) {
            EXPECT_TRUE(sender.send(bytes_of("x")));
        }
        client->close(never);
    });
    for (int received = 0; received < 10'000;) {
        pollfd wait{.fd = *descriptor, .events = POLLIN, .revents = 0};
        ASSERT_EQ(::poll(&wait, 1, 30'000), 1) << received;
        while ((*server)->try_receive()) {
            ++received;
        }
    }
    sending.join();
}

TEST(MessagingPaths, CopiedBytesOfAServerCountWhatTheReceivePathMoved) {
    auto server = MessageServer::start(server_options());
    auto client = connect(**server);
    const std::string text(60'000, 't');
    MessageSender sender = client->sender();
    std::thread sending([&] {
        for (int i = 0; i < 300; ++i) {
            const std::size_t size = 3'000 + static_cast<std::size_t>(i) * 7'919 % 50'000;
            EXPECT_TRUE(sender.send(bytes_of(text).first(size)));
        }
    });
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE((*server)->receive());
    }
    sending.join();
    const MessageCounts counts = (*server)->statistics().received;
    EXPECT_GT(counts.copied_b, 0U) << "messages that the end of a slab cut";
    EXPECT_LT(counts.copied_b, counts.payload_b / 2);
}

}  // namespace
}  // namespace sluice::test
