#include <gtest/gtest.h>

#include <cerrno>

#include "sim/world.hpp"
#include "sluice/sys/clock.hpp"
#include "unit/sim/program.hpp"

namespace sluice::sim {
namespace {

using sys::IoStatus;
using sys::SocketOption;

/// A program that is connected to a device at which nothing is scripted but to accept.
class Connected : public testing::Test {
  protected:
    Connected() {
        world.script(device, {});
        EXPECT_EQ(program.connect(device), 0);
    }
    [[nodiscard]] Peer peer() const { return world.peer(device); }

    World world;
    Program program;
};

TEST(Connect, TakesARoundTrip) {
    World world;
    world.network().delay = 10ms;
    world.script(device, {.delay = 5ms});
    Program program;
    const SteadyTime start = sys::now();
    EXPECT_EQ(program.connect(device), 0);
    EXPECT_EQ(sys::now(), start + 25ms);
    EXPECT_EQ(*sys::peer_address(program.socket), device);
    EXPECT_EQ(sys::local_address(program.socket)->ip, socket_address("192.0.2.1:0").ip);
    EXPECT_EQ(*sys::local_address(program.socket), world.peer(device).program_address());
}

TEST(Connect, RefusedAfterTheRoundTrip) {
    World world;
    world.script(device, {.answer = Answer::refuse});
    Program program;
    const SteadyTime start = sys::now();
    EXPECT_EQ(program.connect(device), ECONNREFUSED);
    EXPECT_EQ(sys::now(), start + 2 * world.network().delay);
    Program stranger;
    EXPECT_EQ(stranger.connect(socket_address("192.0.2.11:1")), ECONNREFUSED);
}

TEST(Connect, UnreachableAtOnce) {
    World world;
    world.script(device, {.answer = Answer::unreachable});
    Program program;
    EXPECT_EQ(sys::connect(program.socket, device).error().code(), Errc::unreachable);
}

TEST(Connect, BlackHoleTimesOutAsLinuxDoes) {
    World world;
    world.script(device, {.answer = Answer::black_hole});
    Program patient;
    const SteadyTime start = sys::now();
    EXPECT_EQ(patient.connect(device), ETIMEDOUT);
    EXPECT_EQ(sys::now(), start + 127s);
    Program hasty;
    hasty.set(SocketOption::user_timeout_ms, 20'000);
    EXPECT_EQ(hasty.connect(device), ETIMEDOUT);
    EXPECT_EQ(sys::now(), start + 147s);
}

TEST(Connect, AcceptThenReset) {
    World world;
    world.script(device, {.answer = Answer::accept_then_reset});
    Program program;
    EXPECT_EQ(program.connect(device), 0);
    EXPECT_TRUE(program.wait().readable);
    program.receive();
    EXPECT_EQ(program.last.error, ECONNRESET);
}

TEST(Connect, AbandonedAttemptResetsTheDevice) {
    World world;
    world.script(device, {});
    Program program;
    ASSERT_TRUE(sys::connect(program.socket, device));
    world.run_for(world.network().delay);
    EXPECT_TRUE(world.peer(device).is_connected());
    program.socket.close();
    world.run_for(1s);
    EXPECT_TRUE(world.peer(device).saw_reset());
}

TEST(Connect, UnixSocketsDecideAtOnce) {
    World world;
    const SocketAddress path = socket_address("unix:/run/device.sock");
    Program early(SocketAddress::Family::unix_path);
    EXPECT_EQ(sys::connect(early.socket, path).error().system_error(), ENOENT);
    world.script(path, {.on_connect = [](Peer peer) { peer.send("hello"); }});
    Program program(SocketAddress::Family::unix_path);
    EXPECT_EQ(*sys::connect(program.socket, path), sys::ConnectProgress::connected);
    program.watch({.readable = true});
    EXPECT_EQ(program.receive_until(5), "hello");
    EXPECT_EQ(sys::tcp_info(program.socket).error().system_error(), EOPNOTSUPP);
    EXPECT_FALSE(sys::set_option(program.socket, SocketOption::nodelay, 1));
    EXPECT_FALSE(sys::get_option(program.socket, SocketOption::nodelay));
    program.set(SocketOption::receive_buffer_bytes, 10'000);
}

TEST_F(Connected, BytesArriveInOrderAfterTheDelay) {
    const SteadyTime start = sys::now();
    peer().send("first ");
    peer().send("second");
    EXPECT_EQ(program.receive(), "");
    EXPECT_EQ(program.last.status, IoStatus::would_block);
    EXPECT_EQ(program.receive_until(12), "first second");
    EXPECT_EQ(sys::now(), start + world.network().delay);
    EXPECT_EQ(program.send("reply").bytes, 5U);
    EXPECT_EQ(peer().received(), "");
    world.run_for(world.network().delay);
    EXPECT_EQ(peer().take_received(), "reply");
    EXPECT_EQ(peer().received(), "");
}

TEST_F(Connected, DeviceCanAnswerFromItsCallback) {
    peer().on_receive([echo = peer()]() mutable { echo.send(echo.take_received()); });
    program.send("ping");
    EXPECT_EQ(program.receive_until(4), "ping");
}

TEST_F(Connected, EndComesAfterTheLastByteAndLeavesSendingOpen) {
    peer().send("last");
    peer().finish();
    EXPECT_EQ(program.receive_until(9), "last");
    EXPECT_EQ(program.last.status, IoStatus::end);
    EXPECT_EQ(program.send("still").status, IoStatus::done);
    ASSERT_TRUE(sys::shutdown_send(program.socket));
    world.run_for(1s);
    EXPECT_EQ(peer().received(), "still");
    EXPECT_TRUE(peer().saw_end());
    EXPECT_EQ(program.send("x").error, EPIPE);
    EXPECT_TRUE(program.wait().writable);  // hang-up: both directions are over
    EXPECT_FALSE(sys::peer_address(program.socket));
}

TEST_F(Connected, ResetIsReportedAfterWhatCameBefore) {
    peer().send("before");
    peer().reset();
    world.run_for(1s);
    EXPECT_TRUE(program.wait().readable);
    EXPECT_EQ(program.receive(), "before");
    EXPECT_EQ(program.receive(), "");
    EXPECT_EQ(program.last.error, ECONNRESET);
    program.receive();
    EXPECT_EQ(program.last.status, IoStatus::end);
    EXPECT_EQ(program.send("x").error, EPIPE);
}

TEST_F(Connected, SendAfterResetReportsItOnceThenEpipe) {
    peer().reset();
    world.run_for(1s);
    EXPECT_EQ(program.send("x").error, ECONNRESET);
    EXPECT_EQ(program.send("x").error, EPIPE);
    EXPECT_FALSE(sys::peer_address(program.socket));
}

TEST_F(Connected, ResetBehindAnEndIsEpipe) {
    peer().close();
    world.run_for(1s);
    EXPECT_EQ(program.send("to nobody").status, IoStatus::done);
    world.run_for(1s);
    EXPECT_EQ(sys::take_error(program.socket), EPIPE);
}

TEST_F(Connected, EndIsReadEvenWhenAResetFollowed) {
    peer().close();
    world.run_for(1s);
    program.send("to nobody");
    world.run_for(1s);
    program.receive();
    EXPECT_EQ(program.last.status, IoStatus::end);
}

TEST_F(Connected, CloseWithUnreadBytesResets) {
    peer().send("never read");
    world.run_for(1s);
    program.socket.close();
    world.run_for(1s);
    EXPECT_TRUE(peer().saw_reset());
    EXPECT_FALSE(peer().is_connected());
}

TEST_F(Connected, CloseDeliversWhatWasSentAndThenTheEnd) {
    program.send("goodbye");
    program.socket.close();
    world.run_for(1s);
    EXPECT_EQ(peer().received(), "goodbye");
    EXPECT_TRUE(peer().saw_end());
    peer().send("too late");
    world.run_for(1s);
    EXPECT_TRUE(peer().saw_reset());
}

TEST_F(Connected, FullBuffersBlockUntilTheDeviceReads) {
    peer().stop_reading();
    const std::string block(200'000, 'x');
    EXPECT_EQ(program.send(block).bytes, 65536U);  // the send buffer
    EXPECT_EQ(program.send(block).status, IoStatus::would_block);
    world.run_for(1s);
    EXPECT_EQ(program.send(block).bytes, 65536U);  // the first is in the window now
    world.run_for(1s);
    EXPECT_EQ(program.send(block).status, IoStatus::would_block);
    EXPECT_EQ(program.info().send_window, 0U);
    program.watch({.writable = true});
    EXPECT_FALSE(program.wait(sys::now() + 1s).writable);
    world.after(1s, [&] { peer().start_reading(); });
    EXPECT_TRUE(program.wait(sys::now() + 2s).writable);
    world.run_for(1s);
    EXPECT_EQ(peer().received().size(), 131072U);
    EXPECT_EQ(program.info().send_window, 65536U);
}

TEST_F(Connected, WriterWakesOnlyWhenAThirdIsFree) {
    peer().stop_reading();
    while (program.send(std::string(200'000, 'x')).status == IoStatus::done) {
        world.run_for(1s);
    }
    program.watch({.writable = true});
    peer().read(20'000);  // of 65,536
    EXPECT_FALSE(program.wait(sys::now() + 1s).writable);
    EXPECT_EQ(program.send("x").status, IoStatus::done);
    peer().read(5'000);
    EXPECT_TRUE(program.wait(sys::now() + 1s).writable);
}

TEST_F(Connected, UnreadBytesStopTheDevice) {
    peer().send(std::string(100'000, 'x'));
    world.run_for(1s);
    EXPECT_EQ(peer().unsent(), 100'000U - 65536U);
    EXPECT_EQ(program.receive_until(100'000).size(), 100'000U);
    EXPECT_EQ(peer().unsent(), 0U);
}

TEST_F(Connected, ResetDropsWhatDidNotFitTheWindow) {
    peer().send(std::string(100'000, 'x'));
    peer().reset();
    EXPECT_EQ(program.receive_until(100'000).size(), 65536U);
    EXPECT_EQ(program.last.error, ECONNRESET);
}

TEST_F(Connected, OptionsAreKeptAndBuffersDoubled) {
    program.set(SocketOption::nodelay, 1);
    program.set(SocketOption::receive_buffer_bytes, 10'000);
    EXPECT_EQ(peer().program_option(SocketOption::nodelay), 1);
    EXPECT_EQ(*sys::get_option(program.socket, SocketOption::receive_buffer_bytes), 20'000);
    program.set(SocketOption::send_buffer_bytes, 100'000'000);
    EXPECT_EQ(*sys::get_option(program.socket, SocketOption::send_buffer_bytes), 2 * 212'992);
    EXPECT_EQ(sys::set_option(program.socket, SocketOption::keepalive_probes, 128).error().code(),
              Errc::invalid_argument);
}

TEST_F(Connected, EveryReadCarriesTheTimeOfTheLastArrivalIfWanted) {
    std::array<std::byte, 4> target{};
    peer().send("one");
    world.run_for(1s);
    EXPECT_FALSE(sys::receive_stamped(program.socket, target).kernel_time);
    program.set(SocketOption::receive_time, 1);
    peer().send("two");
    world.run_for(1s);
    peer().send("three");
    world.run_for(world.network().delay);
    const SystemTime last = sys::system_now();
    world.run_for(1s);
    for (int read = 0; read < 2; ++read) {
        const sys::StampedIoResult result = sys::receive_stamped(program.socket, target);
        EXPECT_EQ(result.io.bytes, 4U);
        EXPECT_EQ(result.kernel_time, last);
    }
    EXPECT_EQ(sys::receive_stamped(program.socket, target).io.status, IoStatus::would_block);
}

TEST_F(Connected, InfoCountsTheBytesOfBothDirections) {
    peer().stop_reading();
    peer().send("hello");
    program.send(std::string(65'536 / 2, 'x'));
    world.run_for(1s);
    peer().set_window(0);
    program.send(std::string(65'536, 'y'));
    world.run_for(1s);
    EXPECT_EQ(program.info().received_bytes, 5U);
    EXPECT_EQ(program.info().acked_bytes, 65'536U);
    EXPECT_EQ(program.info().unsent_bytes, 65'536U / 2);
    EXPECT_EQ(program.info().rtt_us_min, 200U);
}

TEST(Buffers, TakeAsMuchAsWasSet) {
    World world;
    world.script(device, {});
    Program program;
    program.set(SocketOption::receive_buffer_bytes, 10'000);
    program.set(SocketOption::send_buffer_bytes, 20'000);
    ASSERT_EQ(program.connect(device), 0);
    EXPECT_EQ(program.send(std::string(50'000, 'x')).bytes, 20'000U);
    world.peer(device).send(std::string(50'000, 'x'));
    world.run_for(1s);
    EXPECT_EQ(world.peer(device).unsent(), 40'000U);
}

TEST(Jitter, NeverReordersBytes) {
    World world;
    world.network().jitter = 50ms;
    world.script(device, {});
    Program program;
    ASSERT_EQ(program.connect(device), 0);
    std::string sent;
    for (char letter = 'a'; letter <= 'z'; ++letter) {
        world.peer(device).send(std::string(1, letter));
        sent += letter;
    }
    EXPECT_EQ(program.receive_until(26), sent);
}

}  // namespace
}  // namespace sluice::sim
