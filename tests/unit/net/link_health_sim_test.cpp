// Peers that are dead, silent, or alive and in no hurry.
#include <string>

#include "tests/unit/net/link_verbs.hpp"

namespace sluice::net {
namespace {

class LinkHealth : public LinkTest {
  protected:
    static LinkOptions to_device() { return options_to("192.0.2.10:7502"); }
    static LinkOptions silent_after(Duration timeout) {
        LinkOptions options = to_device();
        options.data_receive_timeout = timeout;
        return options;
    }
    /// Fills the queue and the kernels of both sides.
    static void fill(Watched& link) {
        const std::string big(10'000, 'x');
        while (link.push(big)) {
        }
    }
    [[nodiscard]] int user_timeout_ms() {
        return peer().program_option(sys::SocketOption::user_timeout_ms);
    }
};

TEST_F(LinkHealth, ASilentDeviceIsGivenUpCountedFromTheConnect) {
    accept();
    Watched& link = connect(silent_after(3s));
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }));
    EXPECT_EQ(world.now() - link.ups[0], 3s);
    EXPECT_EQ(link.ended_as(Errc::data_timeout), 1U);
}

TEST_F(LinkHealth, SilenceCountsFromTheLastByte) {
    accept();
    Watched& link = connect(silent_after(3s));
    turn_for(2s);
    peer().send("x");
    ASSERT_TRUE(turn_until([&] { return !link.received.empty(); }));
    const SteadyTime last = world.now();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }));
    EXPECT_EQ(world.now() - last, 3s);
}

TEST_F(LinkHealth, ATrickleIsNoSilence) {
    accept();
    Watched& link = connect(silent_after(3s));
    for (int i = 0; i < 30; ++i) {
        peer().send("x");
        turn_for(2900ms);
    }
    EXPECT_EQ(link.state(), LinkState::up);
    EXPECT_EQ(link.link.statistics().connects, 1U);
}

TEST_F(LinkHealth, APausedLinkDoesNotMissData) {
    accept();
    Watched& link = connect(silent_after(3s));
    link.link.pause();
    turn_for(30s);
    EXPECT_EQ(link.state(), LinkState::up);
    link.link.resume();
    turn_for(2900ms);
    EXPECT_EQ(link.state(), LinkState::up) << "counted from the resume";
    turn_for(3s);
    EXPECT_EQ(link.ended_as(Errc::data_timeout), 1U);
}

TEST_F(LinkHealth, WithoutATimeOutSilenceIsForEver) {
    accept();
    Watched& link = connect();
    turn_for(3600s);
    EXPECT_EQ(link.state(), LinkState::up);
}

TEST_F(LinkHealth, AQuietDeadPeerIsFoundByKeepalive) {
    accept();
    Watched& link = connect();
    peer().go_silent();
    const SteadyTime begin = world.now();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }));
    EXPECT_EQ(link.ended_as(Errc::peer_dead), 1U);
    EXPECT_LE(world.now() - begin, 25s);
}

TEST_F(LinkHealth, ADeadPeerThatOwesAnAcknowledgementIsFound) {
    accept();
    Watched& link = connect();
    peer().go_silent();
    ASSERT_TRUE(link.push("anybody there?"));
    const SteadyTime begin = world.now();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }));
    EXPECT_EQ(link.ended_as(Errc::peer_dead), 1U);
    EXPECT_GE(world.now() - begin, 20s);
    EXPECT_LE(world.now() - begin, 22s);
}

TEST_F(LinkHealth, ALivingPeerThatDoesNotReadIsKept) {
    accept([](sim::Peer connected) { connected.stop_reading(); });
    Watched& link = connect();
    fill(link);
    turn_for(600s);
    EXPECT_EQ(link.state(), LinkState::up);
    EXPECT_EQ(link.link.statistics().connects, 1U);
    EXPECT_EQ(user_timeout_ms(), 0) << "it would kill a peer that answers but takes nothing";
    peer().start_reading();
    turn_for(10s);
    EXPECT_EQ(user_timeout_ms(), 20'000);
    EXPECT_EQ(link.link.statistics().egress.queued, messages(0, 0));
}

TEST_F(LinkHealth, ADeadPeerBehindAClosedWindowIsFound) {
    accept([](sim::Peer connected) { connected.stop_reading(); });
    Watched& link = connect();
    fill(link);
    turn_for(60s);
    ASSERT_EQ(link.state(), LinkState::up);
    peer().go_silent();
    const SteadyTime begin = world.now();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }, 600s));
    EXPECT_EQ(link.ended_as(Errc::peer_dead), 1U);
    EXPECT_GE(link.link.statistics().tcp.probes, 3U);
    EXPECT_GE(world.now() - begin, 1s);
}

TEST_F(LinkHealth, APeerThatTakesNothingIsGivenUpIfThatIsWished) {
    accept([](sim::Peer connected) { connected.stop_reading(); });
    LinkOptions options = to_device();
    options.send_stall_timeout = 10s;
    Watched& link = connect(options);
    turn_for(60s);
    EXPECT_EQ(link.state(), LinkState::up) << "nothing waits to be sent";
    fill(link);
    const SteadyTime begin = world.now();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }));
    EXPECT_EQ(link.ended_as(Errc::send_stalled), 1U);
    EXPECT_GE(world.now() - begin, 9s);
    EXPECT_LE(world.now() - begin, 12s);
}

TEST_F(LinkHealth, APeerThatTakesLittleIsNoStalledOne) {
    accept([](sim::Peer connected) { connected.stop_reading(); });
    LinkOptions options = to_device();
    options.send_stall_timeout = 10s;
    Watched& link = connect(options);
    fill(link);
    for (int i = 0; i < 10; ++i) {
        turn_for(5s);
        peer().read(65'536);
    }
    EXPECT_EQ(link.link.statistics().connects, 1U);
    EXPECT_EQ(link.state(), LinkState::up);
}

TEST_F(LinkHealth, ACableThatIsPluggedInAgainInTimeLosesNothing) {
    accept();
    Watched& link = connect();
    peer().go_silent();
    peer().send("buffered");
    ASSERT_TRUE(link.push("kept"));
    turn_for(10s);
    peer().heal();
    turn_for(10s);
    EXPECT_EQ(link.received, "buffered");
    EXPECT_EQ(peer().received(), "kept");
    EXPECT_EQ(link.link.statistics().connects, 1U);
}

}  // namespace
}  // namespace sluice::net
