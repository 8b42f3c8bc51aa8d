#include <gtest/gtest.h>

#include <cerrno>

#include "sim/world.hpp"
#include "sluice/sys/clock.hpp"
#include "unit/sim/program.hpp"

namespace sluice::sim {
namespace {

using sys::SocketOption;

/// A program that listens on a port of its own.
class Listening : public testing::Test {
  protected:
    explicit Listening(int backlog = 8) {
        EXPECT_TRUE(sys::bind(listener.socket, socket_address("127.0.0.1:0")));
        EXPECT_TRUE(sys::listen(listener.socket, backlog));
        listener.watch({.readable = true});
        address = *sys::local_address(listener.socket);
    }
    /// Waits for the next connection.
    sys::Accepted accept() {
        EXPECT_TRUE(listener.wait().readable);
        return std::move(*sys::accept(listener.socket));
    }

    World world;
    Program listener;
    SocketAddress address;
};

TEST_F(Listening, DialingDeviceIsAccepted) {
    EXPECT_NE(address.port, 0);
    EXPECT_EQ(sys::accept(listener.socket).error().code(), Errc::would_block);
    Peer peer = world.dial(address);
    sys::Accepted accepted = accept();
    EXPECT_EQ(accepted.peer, peer.address());
    Program program(std::move(accepted.socket));
    EXPECT_EQ(*sys::local_address(program.socket), address);
    program.send("welcome");
    world.run_for(1s);
    EXPECT_TRUE(peer.is_connected());
    EXPECT_EQ(peer.received(), "welcome");
    peer.send("thanks");
    EXPECT_EQ(program.receive_until(6), "thanks");
}

TEST_F(Listening, ProgramTalksToItself) {
    Program client;
    EXPECT_EQ(client.connect(address), 0);
    Program server(accept().socket);
    client.send("to oneself");
    EXPECT_EQ(server.receive_until(10), "to oneself");
    server.socket.close();
    client.receive_until(1);
    EXPECT_EQ(client.last.status, sys::IoStatus::end);
}

TEST_F(Listening, AcceptedSocketInheritsOptions) {
    listener.set(SocketOption::receive_buffer_bytes, 8000);
    const Peer peer = world.dial(address);
    const sys::Accepted accepted = accept();
    EXPECT_EQ(peer.program_option(SocketOption::receive_buffer_bytes), 16'000);
}

TEST_F(Listening, ConnectionWaitsWhileDescriptorsAreUsedUp) {
    world.dial(address);
    world.limits().descriptors_max = 3 + world.open_descriptors();
    EXPECT_TRUE(listener.wait().readable);
    EXPECT_EQ(sys::accept(listener.socket).error().code(), Errc::limit_reached);
    world.limits().descriptors_max = 100;
    EXPECT_TRUE(listener.wait().readable);
    EXPECT_TRUE(sys::accept(listener.socket));
}

TEST_F(Listening, ClosingResetsThoseWhoWait) {
    const Peer peer = world.dial(address);
    world.run_for(1s);
    EXPECT_TRUE(peer.is_connected());
    listener.socket.close();
    world.run_for(1s);
    EXPECT_TRUE(peer.saw_reset());
    const Peer late = world.dial(address);
    world.run_for(1s);
    EXPECT_FALSE(late.is_connected());
}

TEST_F(Listening, AddressIsTakenOnce) {
    Program second;
    EXPECT_EQ(sys::bind(second.socket, address).error().code(), Errc::address_in_use);
    SocketAddress everywhere = socket_address("0.0.0.0:0");
    everywhere.port = address.port;
    EXPECT_EQ(sys::bind(second.socket, everywhere).error().code(), Errc::address_in_use);
    listener.socket.close();
    EXPECT_TRUE(sys::bind(second.socket, address));
}

TEST(Bind, TakesOnlyAddressesOfThisMachine) {
    World world;
    Program program;
    EXPECT_EQ(sys::bind(program.socket, device).error().code(), Errc::address_unavailable);
    ASSERT_TRUE(sys::bind(program.socket, socket_address("192.0.2.1:5000")));
    world.script(device, {});
    EXPECT_EQ(program.connect(device), 0);
    EXPECT_EQ(world.peer(device).program_address(), socket_address("192.0.2.1:5000"));
}

class ShortBacklog : public Listening {
  protected:
    ShortBacklog() : Listening(1) {}
};

TEST_F(ShortBacklog, ConnectionsBeyondItComeLater) {
    const Peer first = world.dial(address);
    const Peer second = world.dial(address);
    world.run_for(500ms);
    EXPECT_TRUE(first.is_connected());
    EXPECT_FALSE(second.is_connected());
    const sys::Accepted accepted = accept();
    world.run_for(2s);
    EXPECT_TRUE(second.is_connected());
    const sys::Accepted accepted_second = accept();
}

}  // namespace
}  // namespace sluice::sim
