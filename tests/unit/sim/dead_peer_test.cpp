#include <gtest/gtest.h>

#include <cerrno>

#include "sim/world.hpp"
#include "sluice/sys/clock.hpp"
#include "unit/sim/program.hpp"

namespace sluice::sim {
namespace {

using sys::IoStatus;
using sys::SocketOption;

/// A program whose peer can die, with keepalive as `dead_peer_timeout` of 20 s sets it.
class DeadPeer : public testing::Test {
  protected:
    DeadPeer() {
        world.script(device, {});
        EXPECT_EQ(program.connect(device), 0);
        program.set(SocketOption::keepalive, 1);
        program.set(SocketOption::keepalive_idle_s, 10);
        program.set(SocketOption::keepalive_interval_s, 3);
        program.set(SocketOption::keepalive_probes, 3);
        start = sys::now();
    }
    [[nodiscard]] Peer peer() const { return world.peer(device); }
    /// The error that ends the connection; 0 if it lives for `span`.
    int error_within(Duration span) {
        return program.wait(sys::now() + span).readable ? sys::take_error(program.socket) : 0;
    }

    World world;
    Program program;
    SteadyTime start{};
};

TEST_F(DeadPeer, QuietLivingPeerIsKept) {
    EXPECT_EQ(error_within(1h), 0);
    EXPECT_EQ(program.info().probes, 0U);
    EXPECT_LE(program.info().since_ack_received, 10s);
    EXPECT_GE(program.info().since_data_received, 1h);
}

TEST_F(DeadPeer, KeepaliveEndsAQuietDeadPeer) {
    peer().go_silent();
    world.run_for(14s);
    EXPECT_EQ(program.info().probes, 2U);
    EXPECT_EQ(error_within(1h), ETIMEDOUT);
    EXPECT_EQ(sys::now() - start, 10s + 3 * 3s);
    program.receive();
    EXPECT_EQ(program.last.status, IoStatus::end);
}

TEST_F(DeadPeer, UserTimeoutEndsAQuietDeadPeerAtAProbe) {
    program.set(SocketOption::user_timeout_ms, 15'000);
    peer().go_silent();
    EXPECT_EQ(error_within(1h), ETIMEDOUT);
    EXPECT_EQ(sys::now() - start, 16s);  // the probe at 16 s is the first after 15
}

TEST_F(DeadPeer, UserTimeoutEndsAQuietDeadPeerOnlyAfterAProbe) {
    program.set(SocketOption::user_timeout_ms, 5'000);
    peer().go_silent();
    EXPECT_EQ(error_within(1h), ETIMEDOUT);
    EXPECT_EQ(sys::now() - start, 13s);  // idle 10 s, and the interval of the first probe
}

TEST_F(DeadPeer, AcknowledgementIsNoticed) {
    world.run_for(5s);
    program.send("data");
    world.run_for(1s);
    EXPECT_LE(program.info().since_ack_received, 1s);
    EXPECT_GE(program.info().since_data_received, 6s);
}

TEST_F(DeadPeer, UserTimeoutCountsFromTheLastProgress) {
    program.set(SocketOption::user_timeout_ms, 20'000);
    world.network().delay = 12s;
    program.send("acknowledged after 12 s");
    world.after(6s, [&] { program.send("never"); });
    world.after(13s, [&] { peer().go_silent(); });
    EXPECT_EQ(error_within(1h), ETIMEDOUT);
    EXPECT_EQ(sys::now() - start, 32s);
}

TEST_F(DeadPeer, UserTimeoutEndsABusyDeadPeer) {
    program.set(SocketOption::user_timeout_ms, 20'000);
    peer().go_silent();
    world.run_for(5s);
    program.send("unanswered");
    EXPECT_EQ(program.info().unacked, 1U);
    EXPECT_EQ(error_within(1h), ETIMEDOUT);
    EXPECT_EQ(sys::now() - start, 25s);
    EXPECT_GE(program.info().retransmits, 5U);
}

TEST_F(DeadPeer, WithoutUserTimeoutABusyDeadPeerLastsAQuarterOfAnHour) {
    peer().go_silent();
    program.send("unanswered");
    EXPECT_EQ(error_within(1h), ETIMEDOUT);
    EXPECT_EQ(sys::now() - start, 924'600ms);  // tcp_retries2 = 15: ip-sysctl of Linux
}

TEST_F(DeadPeer, HealedConnectionGoesOn) {
    peer().go_silent();
    program.send("late");
    peer().send("also late");
    world.run_for(5s);
    EXPECT_EQ(peer().received(), "");
    EXPECT_EQ(program.receive(), "");
    peer().heal();
    EXPECT_EQ(program.receive_until(9), "also late");
    EXPECT_EQ(peer().received(), "late");
    EXPECT_EQ(error_within(1h), 0);
}

TEST_F(DeadPeer, DeviceLearnsOfTheEndWhenHealed) {
    peer().go_silent();
    EXPECT_EQ(error_within(1h), ETIMEDOUT);
    world.run_for(1h);
    EXPECT_FALSE(peer().saw_reset());
    peer().heal();
    world.run_for(1s);
    EXPECT_TRUE(peer().saw_reset());
}

/// Both buffers are full because the device does not read.
class ZeroWindow : public DeadPeer {
  protected:
    ZeroWindow() {
        peer().stop_reading();
        while (program.send(std::string(100'000, 'x')).status == IoStatus::done) {
            world.run_for(1ms);
        }
        start = sys::now();
    }
};

TEST_F(ZeroWindow, LivingPeerAnswersTheProbes) {
    EXPECT_EQ(error_within(1h), 0);
    EXPECT_EQ(program.info().send_window, 0U);
    EXPECT_EQ(program.info().probes, 0U);
    EXPECT_LE(program.info().since_ack_received, 2min);
}

TEST_F(ZeroWindow, DeadPeerOnlyCountsProbesWithoutUserTimeout) {
    peer().go_silent();
    EXPECT_EQ(error_within(1min), 0);
    EXPECT_EQ(program.info().send_window, 0U);
    EXPECT_GE(program.info().probes, 3U);
    EXPECT_GE(program.info().since_ack_received, 1min);
}

TEST_F(ZeroWindow, UserTimeoutKillsEvenALivingPeer) {
    program.set(SocketOption::user_timeout_ms, 20'000);
    EXPECT_EQ(error_within(1h), ETIMEDOUT);
    EXPECT_LE(sys::now() - start, 20s);
}

TEST_F(ZeroWindow, ReadingOpensTheWindowAndEndsTheProbing) {
    program.set(SocketOption::user_timeout_ms, 20'000);
    world.after(10s, [&] { peer().start_reading(); });
    EXPECT_EQ(error_within(1h), 0);
    EXPECT_EQ(program.info().send_window, 65536U);
}

}  // namespace
}  // namespace sluice::sim
