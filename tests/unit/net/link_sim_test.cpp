// A link that connects, receives and sends, also when every call of the kernel goes wrong.
#include "sluice/net/link.hpp"

#include <string>

#include "sluice/sys/clock.hpp"
#include "tests/unit/net/link_verbs.hpp"

namespace sluice::net {
namespace {

class LinkSim : public LinkTest {
  protected:
    /// Both directions at once, while the world behaves as it was told.
    void exchange() {
        const std::string inbound = pattern(20'000);
        const std::string outbound = pattern(9'000);
        accept([&inbound](sim::Peer connected) { connected.send(inbound); });
        LinkOptions options = options_to("192.0.2.10:7502");
        options.on_connect.assign(bytes_of("HELLO\n").begin(), bytes_of("HELLO\n").end());
        Watched& link = start(options);
        link.on_change = [&](LinkState state) {
            if (state == LinkState::up) {
                for (std::size_t at = 0; at < outbound.size(); at += 100) {
                    EXPECT_TRUE(link.push(std::string_view(outbound).substr(at, 100)));
                }
            }
        };
        EXPECT_TRUE(turn_until([&] {
            return link.received.size() >= inbound.size() &&
                   link.link.statistics().egress.sent.messages == 90;
        }));
        turn_for(1s);
        EXPECT_TRUE(link.received == inbound);
        EXPECT_TRUE(peer().received() == "HELLO\n" + outbound);
        EXPECT_EQ(link.link.statistics().received_bytes, inbound.size());
        EXPECT_EQ(link.link.statistics().connects, 1U);
    }
};

TEST_F(LinkSim, ConnectsReceivesAndSends) {
    exchange();
}

TEST_F(LinkSim, ShortReadsLoseNothing) {
    world.faults().short_read_percent = 100;
    world.faults().short_read_b_max = 3;
    exchange();
}

TEST_F(LinkSim, ShortWritesLoseNothing) {
    world.faults().short_write_percent = 100;
    exchange();
}

TEST_F(LinkSim, CallsThatWouldBlockAreRepeated) {
    world.faults().would_block_first = true;
    exchange();
}

TEST_F(LinkSim, SpuriousReadinessIsNoConnectionAndNoData) {
    world.faults().spurious_readiness_percent = 100;
    exchange();
}

TEST_F(LinkSim, ReadinessBeforeTheConnectionIsDecidedIsNotTakenForIt) {
    world.faults().spurious_readiness_percent = 100;
    world.script(device, {.answer = sim::Answer::accept, .delay = 1s, .on_connect = {}});
    Watched& link = start();
    world.after(500ms, [this] { loop->post([] {}); });
    const SteadyTime begin = world.now();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::up; }));
    EXPECT_GE(link.ups[0] - begin, 1s);
}

TEST_F(LinkSim, StatesAreToldOnTheWayUp) {
    accept();
    world.script_name("sensor", {.addresses = {device}});
    Watched& link = connect(options_to("sensor:7502"));
    ASSERT_EQ(link.states.size(), 3U);
    EXPECT_EQ(link.states[0].state, LinkState::resolving);
    EXPECT_EQ(link.states[1].state, LinkState::connecting);
    EXPECT_EQ(link.states[1].peer, device);
    EXPECT_EQ(link.states[2].state, LinkState::up);
    EXPECT_EQ(link.states[2].peer, device);
    EXPECT_EQ(link.states[2].connection, 1U);
}

TEST_F(LinkSim, OnConnectComesBeforeAnythingElseAtEveryConnect) {
    accept();
    world.faults().short_write_percent = 100;
    LinkOptions options = options_to("192.0.2.10:7502");
    options.on_connect.assign(bytes_of("SUBSCRIBE\n").begin(), bytes_of("SUBSCRIBE\n").end());
    options.egress.policy = EgressPolicy::wait;
    Watched& link = start(options);
    ASSERT_TRUE(link.push("early;"));
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::up; }));
    turn_for(1s);
    EXPECT_EQ(peer().received(), "SUBSCRIBE\nearly;");
    peer().reset();
    ASSERT_TRUE(turn_until([&] { return link.ups.size() == 2; }));
    ASSERT_TRUE(link.push("later;"));
    turn_for(1s);
    EXPECT_EQ(peer().received(), "SUBSCRIBE\nlater;");
}

TEST_F(LinkSim, PausedLinkStallsTheDeviceAndLosesNothing) {
    const std::string inbound = pattern(300'000);
    accept([&inbound](sim::Peer connected) { connected.send(inbound); });
    Watched& link = start();
    link.on_data = [&] { link.link.pause(); };
    ASSERT_TRUE(turn_until([&] { return !link.received.empty(); }));
    const std::size_t before = link.received.size();
    turn_for(10s);
    EXPECT_EQ(link.received.size(), before);
    EXPECT_GT(peer().unsent(), 100'000U);
    link.on_data = {};
    link.link.resume();
    ASSERT_TRUE(turn_until([&] { return link.received.size() == inbound.size(); }));
    EXPECT_TRUE(link.received == inbound);
}

TEST_F(LinkSim, TheEndOfAPauseIsToldBeforeAnyPacket) {
    accept([](sim::Peer connected) { connected.send("hello"); });
    Watched& link = start();
    link.on_change = [&](LinkState /*state*/) { link.link.pause(); };
    std::size_t packets_before = 99;
    link.on_resume = [&] { packets_before = link.packets.size(); };
    turn_for(1s);
    EXPECT_EQ(packets_before, 99U);
    link.link.resume();
    ASSERT_TRUE(turn_until([&] { return link.received == "hello"; }));
    EXPECT_EQ(packets_before, 0U);
}

TEST_F(LinkSim, APauseAtTheEndOfAPauseKeepsItPaused) {
    accept([](sim::Peer connected) { connected.send("hello"); });
    Watched& link = start();
    link.on_change = [&](LinkState /*state*/) { link.link.pause(); };
    turn_for(1s);
    int resumes = 0;
    link.on_resume = [&] {
        if (++resumes == 1) {
            link.link.pause();
        }
    };
    link.link.resume();
    turn_for(1s);
    EXPECT_EQ(resumes, 1);
    EXPECT_EQ(link.received, "");
    link.link.resume();
    ASSERT_TRUE(turn_until([&] { return link.received == "hello"; }));
    EXPECT_EQ(resumes, 2);
}

TEST_F(LinkSim, NoPacketFollowsAPauseInsideOnPacket) {
    EventLoopOptions small;
    small.receive_pool = {.size_b = 64 * 1024, .slab_size_b = 16 * 1024};
    const std::unique_ptr<EventLoop> own = *EventLoop::create(small);
    {
        const std::string inbound = pattern(50'000);
        accept([&inbound](sim::Peer connected) { connected.send(inbound); });
        Watched link(*own, options_to("192.0.2.10:7502"));
        link.on_data = [&] { link.link.pause(); };
        link.link.start();
        for (int i = 0; i < 100; ++i) {
            own->turn(world.now() + 10ms);
        }
        EXPECT_EQ(link.packets.size(), 1U) << "16 KiB of 50,000 bytes fill the first packet";
        link.stop();
    }
}

TEST_F(LinkSim, FinishSendingEndsTheDirectionBehindTheLastByte) {
    accept();
    Watched& link = connect();
    ASSERT_TRUE(link.push("last words"));
    link.link.finish_sending();
    turn_for(1s);
    EXPECT_EQ(peer().received(), "last words");
    EXPECT_TRUE(peer().saw_end());
    EXPECT_EQ(link.state(), LinkState::up);
    peer().send("still here");
    turn_for(1s);
    EXPECT_EQ(link.received, "still here");
}

TEST_F(LinkSim, NobodyWritesBehindTheEndOfTheDirection) {
    accept();
    LinkOptions options = options_to("192.0.2.10:7502");
    options.egress.policy = EgressPolicy::wait;
    options.egress.direct_writes = true;
    Watched& link = connect(options);
    ASSERT_TRUE(link.push("last words"));
    link.link.finish_sending();
    turn_for(1s);
    EXPECT_TRUE(peer().saw_end());
    ASSERT_TRUE(link.push("too late"));
    turn_for(1s);
    peer().send("still here");
    turn_for(1s);
    EXPECT_EQ(link.received, "still here") << "the connection did not break";
    EXPECT_EQ(link.link.statistics().egress.queued, messages(1, 8));
}

TEST_F(LinkSim, EverythingBeforeAResetIsDelivered) {
    const std::string inbound = pattern(60'000);
    accept([&inbound](sim::Peer connected) {
        connected.send(inbound);
        connected.reset();
    });
    Watched& link = start();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }));
    EXPECT_TRUE(link.received == inbound);
    EXPECT_EQ(link.last_error(), Errc::connection_reset);
}

TEST_F(LinkSim, AFailedSendIsReportedAfterWhatArrivedWasRead) {
    const std::string inbound = pattern(50'000);
    accept();
    Watched& link = connect();
    link.link.pause();
    loop->turn(world.now());
    peer().send(inbound);
    peer().reset();
    world.run_for(1s);
    ASSERT_TRUE(link.push("into the void"));
    turn_for(1s);
    EXPECT_EQ(link.state(), LinkState::up) << "a paused link does not read on";
    link.link.resume();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }));
    EXPECT_TRUE(link.received == inbound);
    EXPECT_EQ(link.last_error(), Errc::connection_reset);
}

TEST_F(LinkSim, ThePeersHalfCloseEndsTheConnectionAsPeerClosed) {
    accept([](sim::Peer connected) {
        connected.send("bye");
        connected.finish();
    });
    Watched& link = start();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }));
    EXPECT_EQ(link.received, "bye");
    EXPECT_EQ(link.ended_as(Errc::peer_closed), 1U);
}

TEST_F(LinkSim, JumpsOfTheSystemClockChangeNothing) {
    accept();
    LinkOptions options = options_to("192.0.2.10:7502");
    options.data_receive_timeout = 5s;
    Watched& link = connect(options);
    for (int i = 0; i < 20; ++i) {
        world.jump_system_clock(i % 2 == 0 ? 24h : -30h);
        peer().send("x");
        turn_for(1s);
    }
    EXPECT_EQ(link.state(), LinkState::up);
    EXPECT_EQ(link.link.statistics().connects, 1U);
    EXPECT_EQ(link.received.size(), 20U);
}

TEST_F(LinkSim, OptionsAreSetOnEverySocketAndReadBack) {
    accept();
    LinkOptions options = options_to("192.0.2.10:7502");
    options.socket.enable_nodelay = false;
    options.socket.kernel_receive_buffer_size_b = 10'000;
    options.socket.dead_peer_timeout = 6s;
    Watched& link = connect(options);
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(peer().program_option(sys::SocketOption::user_timeout_ms), 6000);
        EXPECT_EQ(peer().program_option(sys::SocketOption::nodelay), 0);
        const EffectiveSocketOptions effective = link.link.statistics().socket;
        EXPECT_FALSE(effective.nodelay);
        EXPECT_TRUE(effective.reuse_address);
        EXPECT_EQ(effective.receive_buffer_b, 20'000);
        EXPECT_TRUE(effective.keepalive);
        EXPECT_EQ(effective.keepalive_idle_s, 3);
        EXPECT_EQ(effective.keepalive_interval_s, 1);
        EXPECT_EQ(effective.keepalive_probes, 3);
        EXPECT_EQ(effective.user_timeout_ms, 6000);
        peer().reset();
        ASSERT_TRUE(turn_until([&] { return link.ups.size() == 2; }));
    }
}

TEST_F(LinkSim, KernelTimeIsWhenThePacketArrivedHoweverLateItIsRead) {
    accept();
    LinkOptions options = options_to("192.0.2.10:7502");
    options.socket.kernel_receive_time = true;
    Watched& link = connect(options);
    EXPECT_TRUE(link.link.statistics().socket.kernel_receive_time);
    link.link.pause();
    loop->turn(world.now());
    peer().send("early");
    world.run_for(world.network().delay);
    const SystemTime arrived = sys::system_now();
    world.run_for(5s);
    link.link.resume();
    ASSERT_TRUE(turn_until([&] { return link.received == "early"; }));
    EXPECT_EQ(link.kernel_time, arrived);
    EXPECT_EQ(link.receive_time, arrived + 5s);
}

TEST_F(LinkSim, WithoutTheOptionPacketsHaveNoKernelTime) {
    accept([](sim::Peer connected) { connected.send("hello"); });
    Watched& link = start();
    ASSERT_TRUE(turn_until([&] { return link.received == "hello"; }));
    EXPECT_FALSE(link.link.statistics().socket.kernel_receive_time);
    EXPECT_FALSE(link.kernel_time);
}

TEST_F(LinkSim, OnAUnixSocketThereIsNoKernelTime) {
    world.script(sim::socket_address("unix:/run/device.sock"),
                 {.answer = sim::Answer::accept,
                  .delay = {},
                  .on_connect = [](sim::Peer connected) { connected.send("hello"); }});
    LinkOptions options = options_to("unix:/run/device.sock");
    options.socket.kernel_receive_time = true;
    Watched& link = start(options);
    ASSERT_TRUE(turn_until([&] { return link.received == "hello"; }));
    EXPECT_FALSE(link.link.statistics().socket.kernel_receive_time);
    EXPECT_FALSE(link.kernel_time);
}

TEST_F(LinkSim, BuffersThatTheKernelGrewAreSeenAtTheNextLook) {
    accept();
    Watched& link = connect();
    const int before = link.link.statistics().socket.receive_buffer_b;
    peer().set_program_option(sys::SocketOption::receive_buffer_bytes, 2 * before);
    peer().set_program_option(sys::SocketOption::send_buffer_bytes, 3 * before);
    turn_for(2s);
    EXPECT_EQ(link.link.statistics().socket.receive_buffer_b, 2 * before);
    EXPECT_EQ(link.link.statistics().socket.transmit_buffer_b, 3 * before);
}

}  // namespace
}  // namespace sluice::net
