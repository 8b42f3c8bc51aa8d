#include <gtest/gtest.h>

#include <cerrno>

#include "sim/world.hpp"
#include "sluice/sys/clock.hpp"
#include "unit/sim/program.hpp"

namespace sluice::sim {
namespace {

using sys::IoStatus;

class Faulty : public testing::Test {
  protected:
    Faulty() {
        world.script(device, {});
        EXPECT_EQ(program.connect(device), 0);
    }
    [[nodiscard]] Peer peer() const { return world.peer(device); }

    World world;
    Program program;
};

TEST_F(Faulty, ShortReadsGiveOneByteAtATime) {
    world.faults().short_read_percent = 100;
    peer().send("abc");
    EXPECT_TRUE(program.wait().readable);
    EXPECT_EQ(program.receive(), "a");
    EXPECT_EQ(program.receive(), "b");
    EXPECT_EQ(program.receive_until(1), "c");
}

TEST_F(Faulty, ShortWritesTakeAtMostTheMaximum) {
    world.faults().short_write_percent = 100;
    world.faults().short_write_b_max = 3;
    std::string text = "abcdefgh";
    std::size_t sent = 0;
    int calls = 0;
    while (sent < text.size()) {
        const sys::IoResult result = program.send(std::string_view(text).substr(sent));
        EXPECT_GE(result.bytes, 1U);
        EXPECT_LE(result.bytes, 3U);
        sent += result.bytes;
        ++calls;
    }
    EXPECT_GE(calls, 3);
    world.run_for(1s);
    EXPECT_EQ(peer().received(), text);
}

TEST_F(Faulty, ShortReadsStrikeAsOftenAsAsked) {
    world.faults().short_read_percent = 30;
    int struck = 0;
    for (int round = 0; round < 1000; ++round) {
        peer().send("ab");
        world.run_for(1ms);
        struck += program.receive() == "a" ? 1 : 0;
        program.receive();
    }
    EXPECT_GT(struck, 200);
    EXPECT_LT(struck, 400);
}

TEST_F(Faulty, EverySecondCallWouldBlockAlthoughReady) {
    world.faults().would_block_first = true;
    peer().send("ab");
    for (const char* const expected : {"a", "b"}) {
        EXPECT_TRUE(program.wait().readable);
        program.receive(1);
        EXPECT_EQ(program.last.status, IoStatus::would_block);
        EXPECT_TRUE(program.wait().readable);
        EXPECT_EQ(program.receive(1), expected);
    }
    EXPECT_EQ(program.send("x").status, IoStatus::would_block);
    EXPECT_EQ(program.send("x").status, IoStatus::done);
}

TEST_F(Faulty, SpuriousReadinessIsReportedAndHarmless) {
    world.faults().spurious_readiness_percent = 100;
    program.poller.wake();
    EXPECT_TRUE(program.wait().readable);
    program.receive();
    EXPECT_EQ(program.last.status, IoStatus::would_block);
    program.watch({});
    program.poller.wake();
    EXPECT_FALSE(program.wait().readable);  // nothing is asked of it, so nothing is said of it
}

TEST_F(Faulty, DescriptorsAreDenied) {
    world.faults().no_descriptor_percent = 100;
    EXPECT_EQ(sys::open_socket(SocketAddress::Family::ipv4).error().system_error(), EMFILE);
    world.faults().no_descriptor_percent = 0;
    EXPECT_TRUE(sys::open_socket(SocketAddress::Family::ipv4));
}

}  // namespace
}  // namespace sluice::sim
