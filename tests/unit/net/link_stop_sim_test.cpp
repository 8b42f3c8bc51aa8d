// Stopping a link, whatever it does: at once, and for good.
#include <string>

#include "tests/unit/net/link_verbs.hpp"

namespace sluice::net {
namespace {

class LinkStop : public LinkTest {
  protected:
    /// Stops it now and lets the world go on: no time goes by, and nothing is told any more.
    void stop(Watched& link) {
        const SteadyTime before = world.now();
        link.stop();
        EXPECT_LE(world.now() - before, 50ms);
        expect_stopped(link);
    }
    void expect_stopped(Watched& link) {
        EXPECT_EQ(link.state(), LinkState::stopped);
        EXPECT_EQ(link.states.back().state, LinkState::stopped);
        EXPECT_FALSE(link.states.back().reason);
        const LinkStatistics look = link.link.statistics();
        EXPECT_EQ(look.connects, sum(look.disconnects));
        EXPECT_EQ(look.egress.queued, messages(0, 0));
        const std::size_t told = link.states.size();
        const std::size_t received = link.received.size();
        turn_for(30s);
        EXPECT_EQ(link.states.size(), told);
        EXPECT_EQ(link.received.size(), received);
        EXPECT_EQ(code_of(link.push("late")), Errc::stopped);
        EXPECT_EQ(world.open_descriptors(), 2U) << "the loop's own";
    }
};

TEST_F(LinkStop, BeforeItWasStarted) {
    Watched link(*loop, options_to("192.0.2.10:7502"));
    link.stop();
    ASSERT_EQ(link.states.size(), 1U);
    link.link.start();
    link.stopped = true;
    turn_for(1s);
    expect_stopped(link);
}

TEST_F(LinkStop, WhileIdle) {
    stop(start());
}

TEST_F(LinkStop, WhileResolvingANameThatNobodyAnswers) {
    world.script_name("sensor", {.addresses = {}, .delay = {}, .answers = false});
    Watched& link = start(options_to("sensor:7502"));
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::resolving; }));
    turn_for(1s);
    stop(link);
}

TEST_F(LinkStop, WhileConnectingToABlackHole) {
    answer(sim::Answer::black_hole);
    Watched& link = start();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::connecting; }));
    turn_for(1s);
    stop(link);
}

TEST_F(LinkStop, WhileWaiting) {
    answer(sim::Answer::refuse);
    Watched& link = start();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }));
    stop(link);
}

TEST_F(LinkStop, WhileUp) {
    accept();
    Watched& link = connect();
    stop(link);
    EXPECT_TRUE(peer().saw_end() || peer().saw_reset());
    EXPECT_EQ(link.ended_as(Errc::stopped), 1U);
}

TEST_F(LinkStop, WhileUpWithAFullQueueAndADeviceThatDoesNotRead) {
    accept([](sim::Peer connected) { connected.stop_reading(); });
    LinkOptions options = options_to("192.0.2.10:7502");
    options.egress.policy = EgressPolicy::wait;
    Watched& link = connect(options);
    const std::string big(100'000, 'x');
    while (link.push(big)) {
        turn_for(1ms);
    }
    stop(link);
    EXPECT_GT(dropped(link.link.statistics().egress, DropReason::stopped).messages, 5U);
}

TEST_F(LinkStop, WhilePaused) {
    accept([](sim::Peer connected) { connected.send(pattern(200'000)); });
    Watched& link = connect();
    link.link.pause();
    turn_for(1s);
    stop(link);
}

TEST_F(LinkStop, InsideOnPacket) {
    accept([](sim::Peer connected) { connected.send(pattern(5'000)); });
    world.faults().short_read_percent = 100;
    Watched& link = start();
    link.on_data = [&] { link.link.stop(); };
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::stopped; }));
    EXPECT_EQ(link.packets.size(), 1U);
    link.stopped = true;
    expect_stopped(link);
}

TEST_F(LinkStop, InsideOnStateOfEveryState) {
    for (const LinkState when :
         {LinkState::resolving, LinkState::connecting, LinkState::up, LinkState::waiting}) {
        accept([](sim::Peer connected) { connected.close(); });
        world.script_name("sensor", {.addresses = {device}});
        Watched& link = start(options_to("sensor:7502"));
        link.on_change = [&, when](LinkState state) {
            if (state == when) {
                link.link.stop();
            }
        };
        ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::stopped; }));
        EXPECT_EQ(link.states[link.states.size() - 2].state, when) << name(when);
        link.stopped = true;
        expect_stopped(link);
    }
}

TEST_F(LinkStop, InsideACallbackOfAnotherLinkOnTheLoop) {
    const SocketAddress second = sim::socket_address("192.0.2.11:7502");
    accept([](sim::Peer connected) { connected.send(pattern(5'000)); });
    world.script(second, {.answer = sim::Answer::accept,
                          .delay = {},
                          .on_connect = [](sim::Peer connected) { connected.send("now"); }});
    Watched& victim = start();
    Watched& other = start(options_to("192.0.2.11:7502"));
    other.on_data = [&] { victim.stop(); };
    ASSERT_TRUE(turn_until([&] { return victim.stopped; }));
    turn_for(5s);
    EXPECT_EQ(victim.state(), LinkState::stopped);
    EXPECT_EQ(other.received, "now");
}

TEST_F(LinkStop, WhenAFragmentComesBackFromALostConnection) {
    accept([](sim::Peer connected) { connected.stop_reading(); });
    Watched& link = connect();
    const std::string lent = pattern(500'000);
    Buffer fragment = *loop->receive_pool().wrap(
        bytes_of(lent),
        [](void* context, std::span<const std::byte>) noexcept {
            static_cast<Watched*>(context)->stop();
        },
        &link);
    ASSERT_TRUE(link.link.egress().try_push(std::span(&fragment, 1)));
    turn_for(1s);
    ASSERT_FALSE(link.stopped);
    world.peer(device).reset();
    ASSERT_TRUE(turn_until([&] { return link.stopped; }));
    turn_for(30s);
    expect_stopped(link);
}

TEST_F(LinkStop, TwiceIsOnce) {
    accept();
    Watched& link = connect();
    link.stop();
    link.link.stop();
    EXPECT_EQ(link.ended_as(Errc::stopped), 1U);
}

TEST_F(LinkStop, ALinkIsStartedOnce) {
    EXPECT_DEATH(
        {
            Watched& link = start();
            link.link.start();
        },
        "started once");
}

}  // namespace
}  // namespace sluice::net
