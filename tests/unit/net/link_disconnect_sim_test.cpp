// A link whose handler ends the connection for a reason of its own.
#include <string>

#include "tests/unit/net/link_verbs.hpp"

namespace sluice::net {
namespace {

const Error bad_frame(Errc::bad_frame, "no such length");

class LinkDisconnect : public LinkTest {
  protected:
    LinkDisconnect() {
        accept([](sim::Peer connected) { connected.send(pattern(100'000)); });
    }
    static LinkOptions once() {
        LinkOptions options = options_to("192.0.2.10:7502");
        options.reconnect = false;
        return options;
    }
    void expect_told_once(Watched& link, LinkState state) {
        EXPECT_EQ(link.ended_as(Errc::bad_frame), 1U);
        EXPECT_EQ(sum(link.link.statistics().disconnects), 1U);
        EXPECT_EQ(link.last_error(), Errc::bad_frame);
        const auto told = std::ranges::find(link.states, state, &LinkStatus::state);
        ASSERT_NE(told, link.states.end());
        ASSERT_TRUE(told->reason);
        EXPECT_EQ(told->reason->code(), Errc::bad_frame);
        EXPECT_EQ(told->reason->detail(), "no such length");
    }
    /// The next connection brings everything, from its first byte.
    void expect_next_is_clean(Watched& link) {
        expect_told_once(link, LinkState::waiting);
        ASSERT_TRUE(turn_until([&] { return link.ups.size() == 2; }));
        link.received.clear();
        link.on_data = nullptr;
        link.on_change = nullptr;
        EXPECT_TRUE(turn_until([&] { return link.received.size() == 100'000; }));
        EXPECT_TRUE(link.received == pattern(100'000));
        turn_for(30s);
        EXPECT_EQ(link.state(), LinkState::up);
        EXPECT_EQ(link.ended_as(Errc::bad_frame), 1U);
    }
    bool turn_until_ended(Watched& link) {
        return turn_until([&] { return link.ended_as(Errc::bad_frame) > 0; });
    }
};

TEST_F(LinkDisconnect, InOnPacketNoPacketFollowsAndItReconnects) {
    Watched& link = start();
    link.on_data = [&] { link.link.disconnect(bad_frame); };
    ASSERT_TRUE(turn_until_ended(link));
    EXPECT_EQ(link.packets.size(), 1U);
    expect_next_is_clean(link);
}

TEST_F(LinkDisconnect, InOnPacketWithoutReconnectItIsTheEnd) {
    Watched& link = start(once());
    link.on_data = [&] { link.link.disconnect(bad_frame); };
    ASSERT_TRUE(turn_until_ended(link));
    turn_for(30s);
    EXPECT_EQ(link.packets.size(), 1U);
    EXPECT_EQ(link.state(), LinkState::stopped);
    expect_told_once(link, LinkState::stopped);
}

TEST_F(LinkDisconnect, InOnPacketItIsStillUpUntilTheCallbackReturns) {
    Watched& link = start();
    link.on_data = [&] {
        link.link.disconnect(bad_frame);
        EXPECT_EQ(link.state(), LinkState::up);
        EXPECT_EQ(link.states.back().state, LinkState::up);
    };
    ASSERT_TRUE(turn_until_ended(link));
}

TEST_F(LinkDisconnect, InOnStateUpNothingIsReceived) {
    Watched& link = start();
    link.on_change = [&](LinkState state) {
        if (state == LinkState::up) {
            link.link.disconnect(bad_frame);
        }
    };
    ASSERT_TRUE(turn_until_ended(link));
    EXPECT_TRUE(link.packets.empty());
    link.on_change = nullptr;
    expect_next_is_clean(link);
}

TEST_F(LinkDisconnect, InOnStateUpWithoutReconnectItIsTheEnd) {
    Watched& link = start(once());
    link.on_change = [&](LinkState state) {
        if (state == LinkState::up) {
            link.link.disconnect(bad_frame);
        }
    };
    ASSERT_TRUE(turn_until_ended(link));
    turn_for(30s);
    EXPECT_TRUE(link.packets.empty());
    EXPECT_EQ(link.state(), LinkState::stopped);
    expect_told_once(link, LinkState::stopped);
}

TEST_F(LinkDisconnect, OutsideCallbacksItIsAtOnce) {
    Watched& link = connect();
    link.link.disconnect(bad_frame);
    EXPECT_EQ(link.state(), LinkState::waiting);
    expect_next_is_clean(link);
}

TEST_F(LinkDisconnect, OutsideCallbacksWithoutReconnectItIsTheEnd) {
    Watched& link = connect(once());
    link.link.disconnect(bad_frame);
    EXPECT_EQ(link.state(), LinkState::stopped);
    expect_told_once(link, LinkState::stopped);
}

TEST_F(LinkDisconnect, InOnStarvedItEndsInsteadOfWaiting) {
    Watched& link = start();
    std::vector<Buffer> others;
    for (Result<Buffer> slab = loop->receive_pool().acquire_slab(); slab;
         slab = loop->receive_pool().acquire_slab()) {
        others.push_back(*std::move(slab));
    }
    others.pop_back();  // for the account
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::up; }));
    link.give_back = [&] {
        link.link.disconnect(bad_frame);
        others.clear();
        return true;
    };
    ASSERT_TRUE(turn_until_ended(link));
    EXPECT_TRUE(link.packets.empty());
    expect_next_is_clean(link);
}

TEST_F(LinkDisconnect, WithoutAConnectionItDoesNothing) {
    answer(sim::Answer::refuse);
    Watched& link = start();
    link.link.disconnect(bad_frame);
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::waiting; }));
    link.link.disconnect(bad_frame);
    link.on_change = [&](LinkState /*state*/) { link.link.disconnect(bad_frame); };
    turn_for(5s);
    link.on_change = nullptr;
    accept();
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::up; }));
    turn_for(30s);
    EXPECT_EQ(link.state(), LinkState::up) << "nothing was left over for this one";
    EXPECT_EQ(link.ended_as(Errc::bad_frame), 0U);
}

TEST_F(LinkDisconnect, AStopInTheSameCallbackRules) {
    Watched& link = start();
    link.on_data = [&] {
        link.link.disconnect(bad_frame);
        link.link.stop();
    };
    ASSERT_TRUE(turn_until([&] { return link.state() == LinkState::stopped; }));
    EXPECT_FALSE(link.states.back().reason);
    EXPECT_EQ(link.ended_as(Errc::stopped), 1U);
    EXPECT_EQ(link.ended_as(Errc::bad_frame), 0U);
}

}  // namespace
}  // namespace sluice::net
