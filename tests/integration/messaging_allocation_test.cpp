// No message costs an allocation, in neither direction, once all is warm.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>

#include "sluice/messaging/message_client.hpp"
#include "sluice/messaging/message_server.hpp"
#include "support/count_allocations.hpp"

namespace sluice::test {
namespace {

constexpr std::size_t bytes_to_warm_up = 40'000'000;
constexpr std::size_t bytes_to_count = 200'000'000;
constexpr std::size_t messages_max = 20'000;

/// The framing, and how many bytes a message has.
using Messages = std::tuple<const char*, std::size_t>;

class MessagingAllocationTest : public ::testing::TestWithParam<Messages> {
  protected:
    void SetUp() override {
        options_.messaging.framing = *Framing::parse(std::get<0>(GetParam()));
        MessageServerOptions listening;
        listening.address = *Address::parse("127.0.0.1:0");
        listening.messaging = options_.messaging;
        server_ = *MessageServer::start(listening);
        options_.address = *Address::parse(server_->local_address());
        client_ = *MessageClient::start(options_);
        ASSERT_TRUE(client_->wait_connected());
    }

    /// Lets messages go round, and returns what all threads allocated meanwhile.
    template <typename Send>
    std::uint64_t count(Send send) {
        std::uint64_t before = 0;
        const std::size_t warm_up = std::min(messages_max / 10, bytes_to_warm_up / text_.size());
        const std::size_t counted = std::min(messages_max, bytes_to_count / text_.size());
        for (std::size_t i = 0; i < warm_up + counted; ++i) {
            if (i == warm_up) {
                before = allocations;
            }
            EXPECT_TRUE(send());
            const Result<Message> question = server_->receive();
            EXPECT_TRUE(question);
            EXPECT_TRUE(server_->send(question->peer(), question->bytes()));
            EXPECT_TRUE(client_->receive());
        }
        return allocations - before;
    }

    const std::string text_ = std::string(std::get<1>(GetParam()), 't');
    MessageClientOptions options_;
    std::unique_ptr<MessageServer> server_;
    std::unique_ptr<MessageClient> client_;
};

TEST_P(MessagingAllocationTest, NoneForCopiedMessagesOfASender) {
    MessageSender sender = client_->sender();
    EXPECT_EQ(count([&] { return sender.send(std::as_bytes(std::span(text_))); }), 0U);
}

TEST_P(MessagingAllocationTest, NoneForSendsThatThreadsShare) {
    EXPECT_EQ(count([&] { return client_->send(std::as_bytes(std::span(text_))); }), 0U);
}

TEST_P(MessagingAllocationTest, NoneForFragments) {
    MessageSender sender = client_->sender();
    const auto release = [](void*, std::span<const std::byte>) noexcept {};
    EXPECT_EQ(count([&] {
                  const auto bytes = std::as_bytes(std::span(text_));
                  const std::size_t half = bytes.size() / 2;
                  std::array fragments{
                      *client_->pool().wrap(bytes.first(half), release, nullptr),
                      *client_->pool().wrap(bytes.subspan(half), release, nullptr)};
                  return sender.send(fragments);
              }),
              0U);
}

INSTANTIATE_TEST_SUITE_P(Messages, MessagingAllocationTest,
                         ::testing::Values(Messages{"length:u32be,strip:4", 64},
                                           Messages{"length:u32be,strip:4", 20'000},
                                           Messages{"length:u32be,strip:4", 600'000},
                                           Messages{"cobs", 64}, Messages{"lines", 64}));

}  // namespace
}  // namespace sluice::test
