/// What the tests of clients and servers do with messages, in words.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sluice/messaging/message_client.hpp"
#include "sluice/messaging/message_server.hpp"
#include "support/event.hpp"
#include "support/loopback_device.hpp"

namespace sluice::test {

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

inline std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::string text_of(const Message& message) {
    return text_of(message.bytes());
}

/// The message behind its length, as the default framing has it.
inline std::string framed(std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    std::string frame;
    for (int shift = 24; shift >= 0; shift -= 8) {
        frame += static_cast<char>(size >> static_cast<unsigned>(shift) & 0xff);
    }
    return frame + std::string(text);
}

inline MessageClientOptions client_options(const std::string& address) {
    MessageClientOptions options;
    options.address = *Address::parse(address);
    options.reconnect_initial = std::chrono::milliseconds(1);
    options.reconnect_max = std::chrono::milliseconds(4);
    return options;
}

inline MessageServerOptions server_options(const std::string& address = "127.0.0.1:0") {
    MessageServerOptions options;
    options.address = *Address::parse(address);
    return options;
}

inline std::unique_ptr<MessageClient> connect(const MessageServer& server,
                                              MessagingOptions messaging = {}) {
    MessageClientOptions options = client_options(server.local_address());
    options.messaging = std::move(messaging);
    auto client = MessageClient::start(options);
    EXPECT_TRUE(client);
    EXPECT_TRUE((*client)->wait_connected());
    return *std::move(client);
}

inline void echo(DeviceConnection& connection, std::size_t /*number*/) {
    std::array<std::byte, 65'536> buffer;
    while (const std::size_t got = connection.receive(buffer)) {
        connection.send(std::span(buffer).first(got));
    }
}

/// Waits for the end of a peer, and why.
struct Watching final : MessageHandler {
    void on_disconnected(PeerId, const Error& error) override {
        reason = error.code();
        lost.set();
    }
    std::atomic<Errc> reason{};
    Event lost;
};

/// accepted = sent + dropped + queued, in messages and in bytes.
inline void expect_balance(const net::EgressLedger& ledger) {
    net::EgressLedger::Count sum = ledger.sent;
    const auto add = [&](const net::EgressLedger::Count& count) {
        sum.messages += count.messages;
        sum.bytes += count.bytes;
    };
    add(ledger.queued);
    std::ranges::for_each(ledger.dropped, add);
    EXPECT_EQ(sum.messages, ledger.accepted.messages);
    EXPECT_EQ(sum.bytes, ledger.accepted.bytes);
}

/// received = payload + overhead + skipped + buffered.
inline void expect_balance(const MessageCounts& counts) {
    EXPECT_EQ(counts.received_b,
              counts.payload_b + counts.overhead_b + counts.skipped_b + counts.buffered_b);
}

}  // namespace sluice::test
