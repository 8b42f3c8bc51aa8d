// A link whose packets are kept: its memory, and what it does without.
#include "sluice/net/link.hpp"

#include <memory>
#include <string>

#include "tests/unit/net/link_verbs.hpp"

namespace sluice::net {
namespace {

constexpr std::size_t slab_b = 16 * 1024;
constexpr std::size_t share_b = 64 * 1024;
constexpr std::size_t pool_b = 256 * 1024;

const SocketAddress second_device = sim::socket_address("192.0.2.11:7502");

class LinkPool : public LinkTest {
  protected:
    explicit LinkPool(std::size_t share = 0)
        : LinkTest({}, {.receive_pool = {.size_b = pool_b, .slab_size_b = slab_b},
                        .receive_share_b = share}) {}

    /// A link that keeps what it gets, on a connection on which much comes.
    Watched& start_greedy() {
        accept([this](sim::Peer connected) { connected.send(inbound); });
        Watched& greedy = start();
        greedy.keep_packets = true;
        return greedy;
    }
    /// A second link on the loop, to which nothing is sent.
    Watched& connect_quiet() {
        world.script(second_device, {});
        return connect(options_to("192.0.2.11:7502"));
    }
    static bool drop_all(Watched& link) {
        link.kept.clear();
        return true;
    }

    const std::string inbound = pattern(1'000'000);
};

/// A loop whose connections are not limited to a share.
class LinkPoolUnshared : public LinkPool {
  protected:
    LinkPoolUnshared() : LinkPool(pool_b) {}
};

TEST_F(LinkPool, AHandlerThatKeepsPacketsStopsOnlyItsOwnLink) {
    world.script(second_device,
                 {.answer = sim::Answer::accept,
                  .delay = {},
                  .on_connect = [&](sim::Peer connected) { connected.send(inbound); }});
    Watched& greedy = start_greedy();
    Watched& modest = start(options_to("192.0.2.11:7502"));
    ASSERT_TRUE(turn_until([&] { return modest.received.size() == inbound.size(); }));
    turn_for(10s);
    EXPECT_LE(greedy.received.size(), share_b + slab_b) << "its share, and one slab";
    EXPECT_GT(peer().unsent(), 0U);
    while (greedy.received.size() < inbound.size()) {
        const std::size_t before = greedy.received.size();
        greedy.kept.clear();
        ASSERT_TRUE(turn_until([&] { return greedy.received.size() > before; }, 10s));
    }
    EXPECT_TRUE(greedy.received == inbound);
}

TEST_F(LinkPool, ALinkAloneMayUseThePoolAndGoesOnWhenItIsGivenBack) {
    accept([&](sim::Peer connected) { connected.send(inbound); });
    LinkOptions options = options_to("192.0.2.10:7502");
    options.data_receive_timeout = 2s;
    Watched& greedy = start(options);
    greedy.keep_packets = true;
    turn_for(30s);
    EXPECT_EQ(greedy.state(), LinkState::up) << "a starved link does not wait for data";
    EXPECT_GT(greedy.received.size(), 150'000U);
    EXPECT_LE(greedy.received.size(), pool_b);
    while (greedy.received.size() < inbound.size()) {
        const std::size_t before = greedy.received.size();
        greedy.kept.clear();
        ASSERT_TRUE(turn_until([&] { return greedy.received.size() > before; }, 10s));
    }
    EXPECT_TRUE(greedy.received == inbound);
    EXPECT_EQ(greedy.link.statistics().connects, 1U);
}

TEST_F(LinkPool, AKernelWithoutMemoryEndsTheConnectionInsteadOfSpinning) {
    accept([](sim::Peer connected) { connected.send(pattern(1000)); });
    Watched& link = connect();
    world.limits().memory_b_max = world.mapped_bytes();
    turn_for(1s);
    if (link.received.empty()) {
        EXPECT_GE(link.ended_as(Errc::out_of_memory) + link.failed_as(Errc::out_of_memory), 1U);
    }
    world.limits().memory_b_max = 1U << 30U;
    EXPECT_TRUE(turn_until([&] { return link.received.size() >= 1000; }, 10s));
}

TEST_F(LinkPool, AtItsShareALinkGetsThePoolOnceItIsAlone) {
    Watched& quiet = connect_quiet();
    Watched& greedy = start_greedy();
    turn_for(10s);
    EXPECT_LE(greedy.received.size(), share_b + slab_b);
    quiet.stop();
    turn_for(10s);
    EXPECT_GT(greedy.received.size(), 2 * share_b);
}

TEST_F(LinkPool, TheShareHoldsOverReconnects) {
    connect_quiet();
    accept([](sim::Peer connected) {
        connected.send(pattern(40'000));
        connected.close();
    });
    Watched& greedy = start();
    greedy.keep_packets = true;
    turn_for(60s);
    EXPECT_GE(greedy.link.statistics().connects, 2U);
    EXPECT_LE(greedy.received.size(), share_b + slab_b);
    greedy.kept.clear();
    EXPECT_TRUE(turn_until([&] { return greedy.received.size() > share_b + slab_b; }));
}

TEST_F(LinkPool, HeldBytesAreTheSlabsOfAllConnections) {
    accept([](sim::Peer connected) { connected.send("0123456789"); });
    Watched& link = start();
    link.keep_packets = true;
    EXPECT_EQ(link.link.statistics().held_bytes, 0U);
    ASSERT_TRUE(turn_until([&] { return link.received.size() == 10; }));
    EXPECT_EQ(link.link.statistics().held_bytes, slab_b);
    peer().reset();
    ASSERT_TRUE(turn_until([&] { return link.received.size() == 20; }));
    EXPECT_EQ(link.link.statistics().held_bytes, 2 * slab_b);
    link.stop();
    EXPECT_EQ(link.link.statistics().held_bytes, 2 * slab_b);
    link.kept.clear();
    EXPECT_EQ(link.link.statistics().held_bytes, 0U);
}

TEST_F(LinkPool, AHandlerThatGivesMemoryBackIsServedOn) {
    Watched& greedy = start_greedy();
    greedy.give_back = [&] { return drop_all(greedy); };
    EXPECT_TRUE(turn_until([&] { return greedy.received.size() == inbound.size(); }));
    EXPECT_TRUE(greedy.received == inbound);
    EXPECT_GE(greedy.starvations, inbound.size() / pool_b);
    EXPECT_LE(greedy.starvations, 2 * inbound.size() / pool_b) << "never asked without need";
}

TEST_F(LinkPool, AHandlerAtItsShareIsAskedToo) {
    connect_quiet();
    Watched& greedy = start_greedy();
    greedy.give_back = [&] { return drop_all(greedy); };
    EXPECT_TRUE(turn_until([&] { return greedy.received.size() == inbound.size(); }));
    EXPECT_GE(greedy.starvations, inbound.size() / (share_b + slab_b));
}

TEST_F(LinkPoolUnshared, AHandlerIsAskedAgainUntilItIsEnough) {
    connect_quiet();
    world.faults().short_read_percent = 100;
    world.faults().short_read_b_max = 3000;  // copied into blocks, of which a slab has several
    Watched& greedy = start_greedy();
    std::size_t packets_then = 0;
    std::size_t asked_in_a_row = 0;
    std::size_t asked_in_a_row_max = 0;
    greedy.give_back = [&] {
        const bool anew = std::exchange(packets_then, greedy.packets.size()) != packets_then;
        asked_in_a_row = anew ? 1 : asked_in_a_row + 1;
        asked_in_a_row_max = std::max(asked_in_a_row_max, asked_in_a_row);
        greedy.kept.erase(greedy.kept.begin());
        return true;
    };
    EXPECT_TRUE(turn_until([&] { return greedy.received.size() == inbound.size(); }));
    EXPECT_TRUE(greedy.received == inbound);
    EXPECT_GT(asked_in_a_row_max, 2U);
}

TEST_F(LinkPool, AHandlerThatGivesNothingBackIsNotAskedForEver) {
    Watched& greedy = start_greedy();
    greedy.give_back = [] { return true; };
    turn_for(10s);
    EXPECT_EQ(greedy.starvations, 1U);
    const std::size_t before = greedy.received.size();
    greedy.kept.clear();
    EXPECT_TRUE(turn_until([&] { return greedy.received.size() > before; }, 10s));
}

TEST_F(LinkPool, AfterAWaitThatBroughtTooLittleTheHandlerIsAskedAnew) {
    Watched& greedy = start_greedy();
    turn_for(10s);
    EXPECT_EQ(greedy.starvations, 1U);
    const std::size_t before = greedy.received.size();
    greedy.kept.erase(greedy.kept.begin());
    const Result<Buffer> taken = loop->receive_pool().acquire_slab();
    ASSERT_TRUE(taken) << "what came back went to somebody else";
    turn_for(10s);
    EXPECT_EQ(greedy.starvations, 2U);
    EXPECT_EQ(greedy.received.size(), before);
}

TEST_F(LinkPool, AHandlerThatPausesInsteadWaitsForNothing) {
    Watched& greedy = start_greedy();
    greedy.give_back = [&] {
        greedy.link.pause();
        return drop_all(greedy);
    };
    turn_for(10s);
    EXPECT_EQ(greedy.starvations, 1U);
    const std::size_t before = greedy.received.size();
    greedy.link.resume();
    EXPECT_TRUE(turn_until([&] { return greedy.received.size() > before; }, 10s));
}

TEST_F(LinkPool, AHandlerMayStopTheLinkInstead) {
    for (const bool answer : {true, false}) {
        Watched& greedy = start_greedy();
        greedy.give_back = [&greedy, answer] {
            greedy.link.stop();
            return answer;
        };
        EXPECT_TRUE(turn_until([&] { return greedy.state() == LinkState::stopped; }));
        EXPECT_EQ(greedy.starvations, 1U);
        greedy.kept.clear();
    }
}

}  // namespace
}  // namespace sluice::net
