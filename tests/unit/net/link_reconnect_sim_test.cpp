// When a link dials, whom, and how often.
#include <string>

#include "tests/unit/net/link_verbs.hpp"

namespace sluice::net {
namespace {

class LinkReconnect : public LinkTest {
  protected:
    /// Every wait told, in order.
    static std::vector<Duration> waits(const Watched& link) {
        std::vector<Duration> delays;
        for (const LinkStatus& status : link.states) {
            if (status.state == LinkState::waiting) {
                delays.push_back(status.retry_after);
            }
        }
        return delays;
    }
    /// The delays grow as promised: uniform in [d/2, d], d from 100 ms doubling to 5 s.
    static void expect_growing(const std::vector<Duration>& delays) {
        Duration current = 100ms;
        for (const Duration delay : delays) {
            EXPECT_GE(delay, current / 2);
            EXPECT_LE(delay, current);
            current = std::min<Duration>(current * 2, 5s);
        }
    }
};

/// With the shortest delays: 50, 100, ... 1600 ms, then 2.5 s each.
constexpr std::size_t dials_per_minute_max = 1 + 6 + 23;

TEST_F(LinkReconnect, DelaysGrowWhileNobodyListens) {
    answer(sim::Answer::refuse);
    Watched& link = start();
    turn_for(60s);
    const std::vector<Duration> delays = waits(link);
    ASSERT_GE(delays.size(), 12U);
    expect_growing(delays);
    EXPECT_EQ(link.failed_as(Errc::connection_refused), delays.size());
    for (std::size_t i = 1; i < link.dials.size(); ++i) {
        EXPECT_GE(link.dials[i] - link.dials[i - 1], delays[i - 1])
            << "it waits as long as it says";
    }
}

TEST_F(LinkReconnect, ADeviceThatGreetsAndClosesIsDialedRarely) {
    accept([](sim::Peer connected) {
        connected.send("hello");
        connected.close();
    });
    Watched& link = start();
    turn_for(60s);
    EXPECT_LE(link.dials.size(), dials_per_minute_max);
    EXPECT_GE(link.dials.size(), 12U);
    expect_growing(waits(link));
    EXPECT_EQ(link.ended_as(Errc::peer_closed), link.link.statistics().connects);
}

TEST_F(LinkReconnect, ADeviceThatResetsAtOnceIsDialedRarely) {
    answer(sim::Answer::accept_then_reset);
    Watched& link = start();
    turn_for(60s);
    EXPECT_LE(link.dials.size(), dials_per_minute_max);
    expect_growing(waits(link));
}

TEST_F(LinkReconnect, OnlyAHealthyConnectionResetsTheDelay) {
    accept();
    Watched& link = connect();
    for (std::size_t round = 1; round <= 4; ++round) {
        world.after(4s, [this] { peer().close(); });
        ASSERT_TRUE(turn_until([&] { return link.ups.size() == round + 1; }));
    }
    expect_growing(waits(link));
    world.after(5s, [this] { peer().reset(); });
    ASSERT_TRUE(turn_until([&] { return link.ups.size() == 6; }));
    EXPECT_LE(waits(link).back(), 100ms);
    EXPECT_EQ(link.ended_as(Errc::peer_closed), 4U);
    EXPECT_EQ(link.ended_as(Errc::connection_reset), 1U);
    EXPECT_EQ(link.states.back().connection, 6U);
}

TEST_F(LinkReconnect, ADeviceThatIsAbsentAtFirstIsFound) {
    answer(sim::Answer::unreachable);
    Watched& link = start();
    turn_for(10s);
    EXPECT_GT(link.failed_as(Errc::unreachable), 3U);
    accept();
    EXPECT_TRUE(turn_until([&] { return link.state() == LinkState::up; }, 6s));
}

TEST_F(LinkReconnect, WithoutReconnectTheFirstEndStops) {
    answer(sim::Answer::refuse);
    LinkOptions options = options_to("192.0.2.10:7502");
    options.reconnect = false;
    Watched& link = start(options);
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::stopped; }));
    EXPECT_EQ(link.states.back().reason->code(), Errc::connection_refused);
    EXPECT_EQ(link.link.statistics().attempts, 1U);
}

TEST_F(LinkReconnect, ANameThatDoesNotResolveIsAskedAgain) {
    accept();
    Watched& link = start(options_to("sensor:7502"));
    turn_for(5s);
    EXPECT_GT(link.failed_as(Errc::resolve_failed), 2U);
    world.script_name("sensor", {.addresses = {device}});
    EXPECT_TRUE(turn_until([&] { return link.state() == LinkState::up; }, 6s));
}

TEST_F(LinkReconnect, ANameThatNobodyAnswersTimesOut) {
    world.script_name("sensor", {.addresses = {}, .delay = {}, .answers = false});
    LinkOptions options = options_to("sensor:7502");
    options.connect_timeout = 2s;
    Watched& link = start(options);
    const SteadyTime begin = world.now();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }));
    EXPECT_EQ(world.now() - begin, 2s);
    EXPECT_EQ(link.last_error(), Errc::connect_timeout);
}

TEST_F(LinkReconnect, AnAddressThatChangesIsFollowed) {
    const SocketAddress moved = sim::socket_address("192.0.2.20:7502");
    accept();
    world.script_name("sensor", {.addresses = {device}});
    Watched& link = connect(options_to("sensor:7502"));
    world.script(moved, {});
    world.script_name("sensor", {.addresses = {moved}});
    answer(sim::Answer::black_hole);
    peer().reset();
    ASSERT_TRUE(turn_until([&] { return link.ups.size() == 2; }));
    EXPECT_EQ(link.states.back().peer, moved);
}

TEST_F(LinkReconnect, ASilentAddressLeavesTimeForTheNext) {
    const SocketAddress second = sim::socket_address("[2001:db8::20]:7502");
    answer(sim::Answer::black_hole);
    world.script(second, {});
    world.script_name("sensor", {.addresses = {device, second}});
    Watched& link = start(options_to("sensor:7502"));
    const SteadyTime begin = world.now();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::up; }));
    EXPECT_LT(world.now() - begin, 5s) << "connect_timeout is for all of them together";
    EXPECT_EQ(link.states.back().peer, second);
    EXPECT_EQ(link.link.statistics().attempts, 1U);
}

TEST_F(LinkReconnect, AnAttemptTakesNoLongerThanItsTimeOut) {
    answer(sim::Answer::black_hole);
    Watched& link = start();
    const SteadyTime begin = world.now();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }));
    EXPECT_EQ(world.now() - begin, 5s);
    EXPECT_EQ(link.failed_as(Errc::connect_timeout), 1U);
}

TEST_F(LinkReconnect, AnInterfaceThatComesLaterIsFound) {
    const SocketAddress local = sim::socket_address("[fe80::10%7]:7502");
    world.script(local, {});
    Watched& link = start(options_to("[fe80::10%eth1]:7502"));
    turn_for(3s);
    EXPECT_GT(link.failed_as(Errc::no_interface), 1U);
    world.set_interface("eth1", 7);
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::up; }, 6s));
    EXPECT_EQ(link.states.back().peer, local);
}

TEST_F(LinkReconnect, ANameOfThisMachineIsRefusedWithoutAllowLocal) {
    const SocketAddress here = sim::socket_address("127.0.0.1:7502");
    world.script(here, {});
    world.script_name("sensor", {.addresses = {here}});
    LinkOptions options = options_to("sensor:7502");
    options.allow_local = false;
    Watched& link = start(options);
    turn_for(3s);
    EXPECT_GT(link.failed_as(Errc::resolve_failed), 1U);
    EXPECT_TRUE(world.peers(here).empty());
    world.script(device, {});
    world.script_name("sensor", {.addresses = {here, device}});
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::up; }, 6s));
    EXPECT_EQ(link.states.back().peer, device);
}

TEST_F(LinkReconnect, ALocalAddressIsWhereTheConnectionLeavesFrom) {
    accept();
    LinkOptions options = options_to("192.0.2.10:7502");
    options.local_address = *Address::parse("192.0.2.99:0");
    Watched& link = start(options);
    turn_for(1s);
    EXPECT_GT(link.failed_as(Errc::address_unavailable), 0U) << "not an address of this machine";
}

TEST_F(LinkReconnect, DescriptorsUsedUpAreRetried) {
    accept();
    world.faults().no_descriptor_percent = 100;
    Watched& link = start();
    turn_for(3s);
    EXPECT_GT(link.failed_as(Errc::limit_reached), 1U);
    world.faults().no_descriptor_percent = 0;
    EXPECT_TRUE(turn_until([&] { return link.state() == LinkState::up; }, 6s));
}

}  // namespace
}  // namespace sluice::net
