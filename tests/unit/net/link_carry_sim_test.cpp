// A link whose handler cuts messages out of the stream, and wishes for them in one piece.
#include <memory>
#include <string>
#include <vector>

#include "sluice/net/link.hpp"
#include "tests/support/length_messages.hpp"
#include "tests/unit/net/link_verbs.hpp"

namespace sluice::net {
namespace {

using test::Knowledge;
using test::LengthCutter;
using test::LengthMessages;

constexpr std::size_t slab_b = 16 * 1024;
const SocketAddress second_device = sim::socket_address("192.0.2.11:7502");

class CuttingLink final : public LinkHandler {
  public:
    CuttingLink(EventLoop& loop, std::string_view address, const LengthMessages& messages,
                Knowledge knowledge)
        : cutter(messages, knowledge), link(loop, options_to(address), *this) {
        link.start();
    }
    ~CuttingLink() { link.stop(); }
    CuttingLink(const CuttingLink&) = delete;
    CuttingLink& operator=(const CuttingLink&) = delete;

    void on_packet(Packet&& packet) override {
        EXPECT_EQ(packet.stream_offset, received_b);
        received_b += packet.data.size() - packet.carried_b;
        cutter.cut(std::move(packet));
    }
    ReceiveWish receive_wish() override { return cutter.wish(); }
    bool on_starved() override {
        ++starvations;
        return false;
    }
    void on_state(const LinkStatus& status) override {
        if (status.state == LinkState::up) {
            cutter.begin();
            received_b = 0;
        }
    }
    [[nodiscard]] std::uint64_t moved_b() const { return link.statistics().moved_bytes; }

    LengthCutter cutter;
    std::uint64_t received_b = 0;  // on this connection
    std::size_t starvations = 0;
    Link link;
};

class LinkCarryIn : public LinkTest {
  protected:
    explicit LinkCarryIn(std::size_t pool_b)
        : LinkTest({}, {.receive_pool = {.size_b = pool_b, .slab_size_b = slab_b},
                        .receive_share_b = 0}) {}

    void send(const SocketAddress& from, std::string text) {
        world.script(from, {.answer = sim::Answer::accept,
                            .delay = {},
                            .on_connect = [text = std::move(text)](sim::Peer connected) {
                                connected.send(text);
                            }});
    }
    CuttingLink& cut(const LengthMessages& messages, std::uint64_t count,
                     Knowledge knowledge = Knowledge::length, const SocketAddress& from = device) {
        send(from, messages.stream(count));
        const std::string_view address = from == device ? "192.0.2.10:7502" : "192.0.2.11:7502";
        cutting.push_back(std::make_unique<CuttingLink>(*loop, address, messages, knowledge));
        return *cutting.back();
    }
    bool turn_until_cut(std::uint64_t count) {
        return turn_until([&] {
            return std::ranges::all_of(cutting, [count](const auto& one) {
                return one->cutter.messages() >= count || !one->cutter.is_right();
            });
        });
    }
    void expect_right(std::uint64_t count) {
        EXPECT_TRUE(turn_until_cut(count));
        for (const auto& one : cutting) {
            EXPECT_TRUE(one->cutter.is_right());
            EXPECT_EQ(one->cutter.messages(), count);
            EXPECT_TRUE(one->cutter.tail().empty());
            EXPECT_EQ(one->link.statistics().received_bytes, one->received_b);
            EXPECT_EQ(one->link.statistics().held_bytes, 0U);
        }
    }

    std::vector<std::unique_ptr<CuttingLink>> cutting;
};

class LinkCarry : public LinkCarryIn {
  protected:
    LinkCarry() : LinkCarryIn(std::size_t{16} * 1024 * 1024) {}

    static std::size_t mixed_size(std::uint64_t number) {
        constexpr std::size_t sizes[] = {0,      1,      5,         100,     5'000, 8'000,
                                         12'000, 20'000, 2'097'152, 100'000, 3,     300'000};
        return sizes[number % std::size(sizes)];
    }
    static constexpr std::uint64_t mixed_count = 24;
    const LengthMessages mixed{mixed_size};
    const LengthMessages small{[](std::uint64_t number) { return number * 37 % 1'500; }};
};

/// A pool with room for one large block beside what a loop needs.
class LinkCarrySmallPool : public LinkCarryIn {
  protected:
    LinkCarrySmallPool() : LinkCarryIn(16 * slab_b) {}

    static constexpr std::size_t large_b = 7 * slab_b;  // half the pool, as a block
    const LengthMessages large{[](std::uint64_t /*number*/) { return large_b; }};
};

/// A quarter of it, the share, is one slab.
class LinkCarrySmallestPool : public LinkCarryIn {
  protected:
    LinkCarrySmallestPool() : LinkCarryIn(4 * slab_b) {}
};

class LinkCarryAs : public LinkCarry, public testing::WithParamInterface<Knowledge> {};

TEST_P(LinkCarryAs, MessagesOfAllSizesArriveInOnePieceOnALinkAlone) {
    cut(mixed, mixed_count, GetParam());
    expect_right(mixed_count);
}

TEST_P(LinkCarryAs, MessagesOfAllSizesArriveInOnePieceOnEveryLink) {
    cut(mixed, mixed_count, GetParam());
    cut(mixed, mixed_count, GetParam(), second_device);
    expect_right(mixed_count);
}

TEST_P(LinkCarryAs, ShortReadsAndSocketsThatAreNotReadyChangeNothing) {
    world.faults().short_read_percent = 50;
    world.faults().short_read_b_max = 3'000;
    world.faults().would_block_first = true;
    world.faults().spurious_readiness_percent = 50;
    cut(mixed, mixed_count, GetParam());
    cut(mixed, mixed_count, GetParam(), second_device);
    expect_right(mixed_count);
}

TEST_P(LinkCarryAs, ReadsOfOneByteChangeNothing) {
    world.faults().short_read_percent = 100;
    cut(small, 60, GetParam());
    cut(small, 60, GetParam(), second_device);
    expect_right(60);
}

std::string name_of(const testing::TestParamInfo<Knowledge>& knowledge) {
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

INSTANTIATE_TEST_SUITE_P(Knowledges, LinkCarryAs,
                         testing::Values(Knowledge::length, Knowledge::length_after_a_large,
                                         Knowledge::nothing),
                         name_of);

TEST_F(LinkCarry, AMessageThatFitsIsNotMoved) {
    const LengthMessages few{[](std::uint64_t /*number*/) { return 1'000U; }};
    world.faults().short_read_percent = 100;
    world.faults().short_read_b_max = 900;
    CuttingLink& link = cut(few, 10);
    expect_right(10);
    EXPECT_EQ(link.moved_b(), 0U);
}

TEST_F(LinkCarry, OfALargeMessageOnlyTheBeginIsMoved) {
    const LengthMessages large{[](std::uint64_t /*number*/) { return 1'000'000U; }};
    CuttingLink& link = cut(large, 3);
    expect_right(3);
    EXPECT_LE(link.moved_b(), 3 * 65'536U) << "a receive each";
}

TEST_F(LinkCarry, AfterALargeMessageNothingIsMovedButTheHeader) {
    const LengthMessages large{[](std::uint64_t /*number*/) { return 1'000'000U; }};
    CuttingLink& link = cut(large, 10, Knowledge::length_after_a_large);
    expect_right(10);
    EXPECT_LE(link.moved_b(), 65'536U + 10 * 4U);
}

TEST_F(LinkCarry, AMessageWithoutAKnownEndIsMovedLessThanTwice) {
    const LengthMessages large{[](std::uint64_t /*number*/) { return 2'000'000U; }};
    CuttingLink& link = cut(large, 1, Knowledge::nothing);
    expect_right(1);
    EXPECT_LE(link.moved_b(), 2 * 2'000'000U);
}

TEST_F(LinkCarry, LinksThatReceiveInTurnDoNotMoveTheirMessagesAgainAndAgain) {
    const LengthMessages messages{[](std::uint64_t /*number*/) { return 8'000U; }};
    world.faults().short_read_percent = 100;
    world.faults().short_read_b_max = 1'460;
    CuttingLink& one = cut(messages, 50);
    CuttingLink& other = cut(messages, 50, Knowledge::length, second_device);
    expect_right(50);
    EXPECT_GT(one.moved_b(), 0U);
    EXPECT_LE(one.moved_b() + other.moved_b(), 6 * 50 * 8'000U) << "three times each";
}

TEST_F(LinkCarry, WhatWasMovedInVainIsCountedToo) {
    send(device, std::string("\0\1\0\0begin", 9));
    CuttingLink link(*loop, "192.0.2.10:7502", mixed, Knowledge::length);
    ASSERT_TRUE(turn_until([&] { return link.received_b == 9; }));
    EXPECT_EQ(link.moved_b(), 0U);
    peer().finish();
    ASSERT_TRUE(turn_until([&] { return link.link.statistics().connects == 2; }));
    EXPECT_EQ(link.moved_b(), 9U) << "to the block, into which nothing came";
}

TEST_F(LinkCarry, AnAnnouncedMessageReservesItsBlockUntilTheConnectionEnds) {
    send(device, std::string("\0\x20\0\0", 4) + std::string(100, 'x'));
    CuttingLink link(*loop, "192.0.2.10:7502", mixed, Knowledge::length);
    ASSERT_TRUE(turn_until([&] { return link.received_b == 104; }));
    peer().send("y");
    ASSERT_TRUE(turn_until([&] { return link.received_b == 105; }));
    EXPECT_EQ(link.link.statistics().held_bytes, std::size_t{4} * 1024 * 1024);
    peer().finish();
    ASSERT_TRUE(turn_until([&] { return link.link.statistics().connects == 2; }));
    EXPECT_EQ(link.link.statistics().held_bytes, 0U);
}

TEST_F(LinkCarrySmallPool, AMessageBeyondTheShareArrivesOnSeveralLinks) {
    cut(large, 5);
    cut(large, 5, Knowledge::length_after_a_large, second_device);
    expect_right(5);
}

TEST_F(LinkCarrySmallPool, AMessageWithoutAKnownEndGrowsBeyondTheShare) {
    const LengthMessages growing{[](std::uint64_t /*number*/) { return 3 * slab_b; }};
    world.script(second_device, {});
    const LengthMessages none{[](std::uint64_t /*number*/) { return 0U; }};
    cut(none, 5, Knowledge::length, second_device);
    cut(growing, 5, Knowledge::nothing);
    expect_right(5);
}

TEST_F(LinkCarrySmallPool, SmallReceivesOfALargeMessageNeedOneBlock) {
    world.faults().short_read_percent = 100;
    world.faults().short_read_b_max = 600;
    world.script(second_device, {});
    const LengthMessages none{[](std::uint64_t /*number*/) { return 0U; }};
    cut(none, 3, Knowledge::length, second_device);
    CuttingLink& link = cut(large, 3);
    expect_right(3);
    EXPECT_LE(link.moved_b(), 3 * 2'000U);
}

TEST_F(LinkCarrySmallPool, ALinkThatNeedsABlockWaitsForItAndGoesOn) {
    std::vector<Buffer> others;
    CuttingLink& link = cut(large, 3);
    ASSERT_TRUE(turn_until([&] { return link.link.statistics().state == LinkState::up; }));
    for (int i = 0; i < 10; ++i) {
        others.push_back(*loop->receive_pool().acquire_slab());
    }
    turn_for(10s);
    EXPECT_EQ(link.cutter.messages(), 0U);
    EXPECT_EQ(link.starvations, 1U);
    const std::uint64_t received_b = link.received_b;
    EXPECT_GT(received_b, 0U);
    others.pop_back();
    turn_for(10s);
    EXPECT_EQ(link.received_b, received_b) << "a slab is not enough";
    others.clear();
    expect_right(3);
}

TEST_F(LinkCarrySmallPool, AMessageThatThePoolCanNeverHoldEndsTheConnection) {
    const LengthMessages endless{[](std::uint64_t /*number*/) { return 16 * slab_b; }};
    CuttingLink& link = cut(endless, 1);
    const auto ends = [&] {
        return link.link.statistics().disconnects[static_cast<std::size_t>(Errc::too_large)];
    };
    EXPECT_TRUE(turn_until([&] { return ends() > 0; }));
}

TEST_F(LinkCarrySmallestPool, ATailAloneDoesNotUseUpTheShare) {
    const LengthMessages messages{[](std::uint64_t /*number*/) { return 8'000U; }};
    world.faults().short_read_percent = 100;
    world.faults().short_read_b_max = 6'000;
    cut(messages, 50);
    cut(messages, 50, Knowledge::length, second_device);
    expect_right(50);
}

}  // namespace
}  // namespace sluice::net
