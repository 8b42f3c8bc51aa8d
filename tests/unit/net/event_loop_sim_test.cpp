#include "sluice/net/event_loop.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/event_loop_state.hpp"
#include "sim/world.hpp"
#include "sluice/net/timer.hpp"
#include "tests/unit/net/link_verbs.hpp"

namespace sluice::net {
namespace {

class EventLoopSim : public LinkTest {};

TEST_F(EventLoopSim, PostedFunctionsRunInTheOrderOfPosting) {
    std::string order;
    for (const char* name : {"a", "b", "c"}) {
        loop->post([&order, name] { order += name; });
    }
    EXPECT_EQ(order, "");
    loop->turn(never);
    EXPECT_EQ(order, "abc");
}

TEST_F(EventLoopSim, WhatAPostedFunctionPostsRunsInTheNextTurn) {
    int calls = 0;
    std::function<void()> again = [&] {
        ++calls;
        loop->post(again);
    };
    loop->post(again);
    for (int turn = 1; turn <= 3; ++turn) {
        loop->turn(never);
        EXPECT_EQ(calls, turn);
    }
}

TEST_F(EventLoopSim, ATurnWaitsForTheNextTimerOnly) {
    std::string order;
    Timer late(*loop, [&] { order += "late"; });
    Timer soon(*loop, [&] { order += "soon "; });
    const SteadyTime begin = loop->now();
    late.arm(begin + 2s);
    soon.arm(begin + 1s);
    EXPECT_EQ(loop->next_deadline(), begin + 1s);
    loop->turn(never);
    EXPECT_EQ(order, "soon ");
    EXPECT_EQ(loop->now(), begin + 1s);
    loop->turn(begin + 1500ms);
    EXPECT_EQ(order, "soon ");
    loop->turn(never);
    EXPECT_EQ(order, "soon late");
}

TEST_F(EventLoopSim, DueTimersRunBeforeWhatWasPosted) {
    std::string order;
    Timer timer(*loop, [&] { order += "timer "; });
    timer.arm(loop->now());
    loop->post([&] { order += "posted"; });
    loop->turn(never);
    EXPECT_EQ(order, "timer posted");
}

TEST_F(EventLoopSim, RunEndsAfterTheTurnInWhichStopWasRequested) {
    bool inside = false;
    loop->post([&] {
        inside = loop->is_current_thread();
        loop->request_stop();
    });
    loop->run();
    EXPECT_TRUE(inside);
    EXPECT_FALSE(loop->is_current_thread());
}

TEST_F(EventLoopSim, ASignalForAHandlerThatIsGoneFindsNobody) {
    struct Counting final : LoopHandler {
        void on_signal() override { ++signals; }
        int signals = 0;
    };
    Counting handler;
    const std::uint64_t token = loop->state().handlers.add(handler);
    loop->state().signal(token);
    loop->turn(never);
    EXPECT_EQ(handler.signals, 1);
    loop->state().signal(token);
    loop->state().handlers.remove(token);
    loop->turn(never);
    EXPECT_EQ(handler.signals, 1);
}

TEST_F(EventLoopSim, ARetiredHandlerMayRetireAnother) {
    struct Owner final : LoopHandler {
        Owner(EventLoop::State& state_in, int depth_in, int& destroyed_in)
            : state(state_in), depth(depth_in), destroyed(destroyed_in) {}
        ~Owner() override {
            ++destroyed;
            if (depth > 0) {
                state.retire(std::make_unique<Owner>(state, depth - 1, destroyed));
            }
        }
        EventLoop::State& state;
        int depth;
        int& destroyed;
    };
    int destroyed = 0;
    loop->state().retire(std::make_unique<Owner>(loop->state(), 5, destroyed));
    loop->turn(loop->now());
    EXPECT_EQ(destroyed, 6);
}

TEST_F(EventLoopSim, ABusyConnectionGetsOneMebibyteATurnAndTheOtherItsOwn) {
    const SocketAddress second = sim::socket_address("192.0.2.11:7502");
    world.network().receive_buffer_b = 8 << 20U;
    const std::string inbound(4 << 20U, 'x');
    accept([&](sim::Peer connected) { connected.send(inbound); });
    world.script(second, {.answer = sim::Answer::accept,
                          .delay = {},
                          .on_connect = [&](sim::Peer connected) { connected.send(inbound); }});
    Watched& one = start();
    Watched& two = start(options_to("192.0.2.11:7502"));
    ASSERT_TRUE(
        turn_until([&] { return one.state() == LinkState::up && two.state() == LinkState::up; }));
    world.run_for(1s);
    for (int turn = 0; turn < 3; ++turn) {
        const std::size_t one_before = one.received.size();
        const std::size_t two_before = two.received.size();
        loop->turn(world.now());
        for (const std::size_t got :
             {one.received.size() - one_before, two.received.size() - two_before}) {
            EXPECT_GT(got, 0U);
            EXPECT_LE(got, (1U << 20U) + 256U * 1024U) << "one receive may cross the border";
        }
    }
}

TEST(EventLoopOptionsTest, AShareOutsideItsRangeIsRefused) {
    EventLoopOptions options;
    EXPECT_TRUE(validate(options));
    options.receive_share_b = options.receive_pool.slab_size_b;
    EXPECT_TRUE(validate(options));
    options.receive_share_b = options.receive_pool.slab_size_b - 1;
    EXPECT_FALSE(validate(options));
    options.receive_share_b = options.receive_pool.size_b + 1;
    EXPECT_FALSE(validate(options));
    sim::World world;
    EXPECT_EQ(EventLoop::create(options).error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace sluice::net
