#include "sluice/net/link.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <memory>
#include <string>
#include <vector>

#include "support/length_messages.hpp"
#include "support/links.hpp"
#include "support/loopback_device.hpp"

namespace sluice::test {
namespace {

/// Sends so many messages, then reads until the link goes.
class MessageDevice {
  public:
    MessageDevice(const LengthMessages& messages, std::uint64_t count)
        : messages_(messages),
          count_(count),
          device_(
              [this](DeviceConnection& connection, std::size_t /*number*/) { send(connection); }) {}

    [[nodiscard]] const std::string& address() const { return device_.address(); }

  private:
    void send(DeviceConnection& connection) const {
        constexpr std::size_t flush_b = std::size_t{256} * 1024;
        std::string text;
        for (std::uint64_t number = 0; number < count_; ++number) {
            const std::span<const std::byte> body = messages_.body(number);
            text += messages_.header(number);
            text.append(reinterpret_cast<const char*>(body.data()), body.size());
            if (text.size() >= flush_b || number + 1 == count_) {
                if (connection.send(text) < text.size()) {
                    return;
                }
                text.clear();
            }
        }
        connection.drain();
    }

    const LengthMessages& messages_;
    const std::uint64_t count_;
    LoopbackDevice device_;
};

class CuttingHandler final : public net::LinkHandler {
  public:
    CuttingHandler(const LengthMessages& messages, std::uint64_t count, Knowledge knowledge)
        : cutter_(messages, knowledge), count_(count) {}

    void on_packet(net::Packet&& packet) override {
        cutter_.cut(std::move(packet));
        if (cutter_.messages() == count_ || !cutter_.is_right()) {
            done_.set();
        }
    }
    net::ReceiveWish receive_wish() override { return cutter_.wish(); }
    void on_state(const net::LinkStatus& status) override {
        if (status.state == net::LinkState::up) {
            cutter_.begin();
        }
    }

    [[nodiscard]] bool wait_done() { return done_.wait(4 * patience); }
    /// After the link was stopped.
    [[nodiscard]] bool is_right() const {
        return cutter_.is_right() && cutter_.messages() == count_;
    }

  private:
    LengthCutter cutter_;
    const std::uint64_t count_;
    Event done_;
};

/// A device, and the link that cuts what it sends.
struct Cutting {
    Cutting(net::EventLoopThread& loop, const LengthMessages& messages, std::uint64_t count,
            Knowledge knowledge)
        : device(messages, count),
          handler(messages, count, knowledge),
          link(loop.loop(), link_options(device.address()), handler) {
        link.start();
    }
    void expect_right() {
        EXPECT_TRUE(handler.wait_done());
        link.stop();
        EXPECT_TRUE(handler.is_right());
    }

    MessageDevice device;
    CuttingHandler handler;
    net::Link link;
};

class LinkCarryTest : public ::testing::TestWithParam<Knowledge> {};

std::size_t mixed_size(std::uint64_t number) {
    constexpr std::size_t sizes[] = {0,      1,       4'096,     100,       20'000, 65'536,
                                     64,     100'000, 2'097'152, 131'072,   3,      300'000,
                                     70'000, 130'000, 1'000'000, 2'000'000, 0,      262'080};
    return sizes[number % std::size(sizes)];
}

constexpr std::uint64_t mixed_count = 180;

TEST_P(LinkCarryTest, MessagesOfAllSizesArriveInOnePieceOnALinkAlone) {
    const LengthMessages messages(mixed_size);
    const std::unique_ptr<net::EventLoopThread> loop = start_loop();
    Cutting one(*loop, messages, mixed_count, GetParam());
    one.expect_right();
}

TEST_P(LinkCarryTest, MessagesOfAllSizesArriveInOnePieceOnEveryLink) {
    const LengthMessages messages(mixed_size);
    const std::unique_ptr<net::EventLoopThread> loop =
        start_loop({.receive_pool = {.size_b = std::size_t{64} * 1024 * 1024}});
    std::vector<std::unique_ptr<Cutting>> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(std::make_unique<Cutting>(*loop, messages, mixed_count, GetParam()));
    }
    for (const auto& one : all) {
        one->expect_right();
    }
}

std::string name_of(const ::testing::TestParamInfo<Knowledge>& knowledge) {
    switch (knowledge.param) {
        case Knowledge::length:
            return "Length";
        case Knowledge::length_after_a_large:
            return "LengthAfterALarge";
        case Knowledge::nothing:
            break;
    }
    return "Nothing";
}

INSTANTIATE_TEST_SUITE_P(Knowledges, LinkCarryTest,
                         ::testing::Values(Knowledge::length, Knowledge::length_after_a_large,
                                           Knowledge::nothing),
                         name_of);

/// Of what is received, so much is moved at most.
struct Share {
    const char* name;
    std::size_t body_b;
    double moved_max;
};

class LinkMovedTest : public ::testing::TestWithParam<Share> {};

TEST_P(LinkMovedTest, LittleIsMoved) {
    const auto [name, body_b, moved_max] = GetParam();
    constexpr std::uint64_t bytes = std::uint64_t{256} * 1024 * 1024;
    const LengthMessages messages([size = body_b](std::uint64_t /*number*/) { return size; });
    const std::unique_ptr<net::EventLoopThread> loop = start_loop();
    Cutting one(*loop, messages, bytes / body_b, Knowledge::length_after_a_large);
    one.expect_right();
    const net::LinkStatistics statistics = one.link.statistics();
    ASSERT_GE(statistics.received_bytes, bytes);
    EXPECT_LE(static_cast<double>(statistics.moved_bytes),
              moved_max * static_cast<double>(statistics.received_bytes))
        << statistics.moved_bytes << " of " << statistics.received_bytes;
}

INSTANTIATE_TEST_SUITE_P(Sizes, LinkMovedTest,
                         ::testing::Values(Share{"OneKiB", 1024, 0.005},
                                           Share{"SixtyFourKiB", 65'536, 0.13},
                                           Share{"OneMiB", 1'048'576, 0.005}),
                         [](const ::testing::TestParamInfo<Share>& share) {
                             return std::string(share.param.name);
                         });

/// How many bytes of the pages from `memory` on the kernel has really given.
std::size_t resident_b(const std::byte* memory, std::size_t size) {
    constexpr std::uintptr_t page_b = 4096;
    const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(memory) / page_b * page_b;
    std::vector<unsigned char> pages(size / page_b);
    if (::mincore(reinterpret_cast<void*>(begin), pages.size() * page_b, pages.data()) != 0) {
        return size;
    }
    std::size_t resident = 0;
    for (const unsigned char page : pages) {
        resident += (page & 1U) * page_b;
    }
    return resident;
}

/// Announces a message that does not come.
class AnnouncingHandler final : public net::LinkHandler {
  public:
    void on_packet(net::Packet&& packet) override {
        tail = std::move(packet.data);
        if (tail.size() == expected_b) {
            arrived.set();
        }
    }
    net::ReceiveWish receive_wish() override {
        return {.tail = &tail, .need_b = tail.empty() ? 0 : message_b, .is_final = true};
    }
    void on_state(const net::LinkStatus& /*status*/) override {}

    static constexpr std::size_t message_b = std::size_t{16} * 1024 * 1024;
    static constexpr std::size_t expected_b = 101;
    Buffer tail;
    Event arrived;
};

TEST(LinkAnnouncedTest, ReservesThePoolButTouchesOnlyWhatArrives) {
    Event first_read;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t /*number*/) {
        connection.send(std::string(100, 'x'));
        static_cast<void>(first_read.wait());
        connection.send("y");
        connection.drain();
    });
    const std::unique_ptr<net::EventLoopThread> loop =
        start_loop({.receive_pool = {.size_b = std::size_t{64} * 1024 * 1024}});
    AnnouncingHandler handler;
    net::Link link(loop->loop(), link_options(device.address()), handler);
    link.start();
    ASSERT_TRUE(wait_on_loop(*loop, [&] { return handler.tail.size() == 100; }));
    first_read.set();
    ASSERT_TRUE(handler.arrived.wait());
    loop->run_on_loop([&] {
        EXPECT_GE(loop->loop().receive_pool().statistics().used_b,
                  std::size_t{AnnouncingHandler::message_b});
        EXPECT_GE(handler.tail.kept_b(), std::size_t{AnnouncingHandler::message_b});
        EXPECT_LE(resident_b(handler.tail.data(), AnnouncingHandler::message_b), 64U * 1024);
    });
    link.stop();
    handler.tail.reset();
}

}  // namespace
}  // namespace sluice::test
