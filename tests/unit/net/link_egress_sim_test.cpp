// What becomes of messages when connections come and go, and of memory when handlers keep it.
#include <string>

#include "sluice/net/listener.hpp"
#include "tests/unit/net/link_verbs.hpp"

namespace sluice::net {
namespace {

class LinkEgress : public LinkTest {
  protected:
    static LinkOptions with(EgressPolicy policy) {
        LinkOptions options = options_to("192.0.2.10:7502");
        options.egress.policy = policy;
        return options;
    }
    /// Message `number`: 1,000 bytes, of which the last is a full stop.
    static std::string message(int number) {
        std::string text = std::to_string(number) + ":";
        text.resize(999, static_cast<char>('a' + number % 26));
        return text + ".";
    }
    /// A device whose first connection stops reading after about 30,000 bytes and is then reset,
    /// and whose later ones read everything.
    Watched& send_hundred_across_a_reset(EgressPolicy policy) {
        world.network().peer_window_b = 30'450;
        world.network().send_buffer_b = 10'700;
        accept([](sim::Peer connected) { connected.stop_reading(); });
        Watched& link = connect(with(policy));
        for (int i = 0; i < 100; ++i) {
            EXPECT_TRUE(link.push(message(i)));
        }
        turn_for(1s);
        taken_ = link.link.egress().taken_bytes();
        EXPECT_NE(taken_ % 1000, 0U) << "a message is half sent";
        accept();
        peer().reset();
        EXPECT_TRUE(turn_until([&] { return link.ups.size() == 2; }));
        turn_for(5s);
        return link;
    }
    static std::string messages_from(int first) {
        std::string all;
        for (int i = first; i < 100; ++i) {
            all += message(i);
        }
        return all;
    }

    std::uint64_t taken_ = 0;  // by the kernel on the first connection
};

TEST_F(LinkEgress, WaitBeginsTheNewConnectionAtTheBorderOfAMessage) {
    Watched& link = send_hundred_across_a_reset(EgressPolicy::wait);
    EXPECT_TRUE(peer().received() == messages_from(static_cast<int>(taken_ / 1000) + 1));
    const EgressLedger ledger = link.link.statistics().egress;
    EXPECT_EQ(ledger.sent.messages, 99U);
    EXPECT_EQ(dropped(ledger, DropReason::connection_lost), messages(1, 1000));
}

TEST_F(LinkEgress, KeepGoesOnAtTheFirstByteThatTheKernelDidNotTake) {
    Watched& link = send_hundred_across_a_reset(EgressPolicy::keep);
    EXPECT_TRUE(peer().received() == messages_from(0).substr(taken_));
    EXPECT_EQ(link.link.statistics().egress.sent, messages(100, 100'000));
}

TEST_F(LinkEgress, DropAndFailLoseWhatWasQueued) {
    for (const EgressPolicy policy : {EgressPolicy::drop, EgressPolicy::fail}) {
        Watched& link = send_hundred_across_a_reset(policy);
        EXPECT_EQ(peer().received(), "");
        const EgressLedger ledger = link.link.statistics().egress;
        EXPECT_EQ(ledger.sent.messages, taken_ / 1000);
        EXPECT_EQ(dropped(ledger, DropReason::connection_lost).messages, 100 - taken_ / 1000);
        EXPECT_TRUE(link.push("fresh"));
        turn_for(1s);
        EXPECT_EQ(peer().received(), "fresh");
        link.stop();
    }
}

TEST_F(LinkEgress, WithoutAConnectionEachPolicyDoesWhatItSays) {
    answer(sim::Answer::refuse);
    EXPECT_EQ(code_of(start(with(EgressPolicy::drop)).push("x")), Errc::not_connected);
    EXPECT_EQ(code_of(start(with(EgressPolicy::fail)).push("x")), Errc::not_connected);
    EXPECT_TRUE(start(with(EgressPolicy::wait)).push("x"));
    EXPECT_TRUE(start(with(EgressPolicy::keep)).push("x"));
}

TEST_F(LinkEgress, DirectWritesSendTheFirstMessageAtOnceAndThoseBehindItTogether) {
    accept();
    LinkOptions options = with(EgressPolicy::wait);
    options.egress.direct_writes = true;
    Watched& link = connect(options);
    EXPECT_TRUE(link.push("first "));
    EXPECT_EQ(link.link.egress().taken_bytes(), 6U) << "without a turn of the loop";
    EXPECT_TRUE(link.push("second "));
    EXPECT_TRUE(link.push("third"));
    EXPECT_EQ(link.link.egress().taken_bytes(), 6U) << "so soon that more are to be expected";
    turn_for(1s);
    EXPECT_EQ(peer().received(), "first second third");
}

class ListenerSim : public LinkTest {
  protected:
    std::unique_ptr<Listener> listen(const ListenerOptions& options = {}) {
        return *Listener::open(*loop, *Address::parse("127.0.0.1:7000"), options,
                               [this](sys::Accepted one) { accepted.push_back(std::move(one)); });
    }
    const SocketAddress here_ = sim::socket_address("127.0.0.1:7000");
    std::vector<sys::Accepted> accepted;
};

TEST_F(ListenerSim, HandsOverEveryConnection) {
    const std::unique_ptr<Listener> listener = listen();
    EXPECT_EQ(listener->local_address(), here_);
    for (int i = 0; i < 3; ++i) {
        world.dial(here_);
    }
    turn_for(1s);
    EXPECT_EQ(accepted.size(), 3U);
    EXPECT_EQ(listener->refused(), 0U);
}

TEST_F(ListenerSim, MayBeDestroyedByWhatItCalls) {
    std::unique_ptr<Listener> listener;
    int calls = 0;
    listener =
        *Listener::open(*loop, *Address::parse("127.0.0.1:7000"), {}, [&](const sys::Accepted&) {
            ++calls;
            listener.reset();
        });
    world.dial(here_);
    world.dial(here_);
    turn_for(1s);
    EXPECT_EQ(calls, 1);
}

TEST_F(ListenerSim, WithoutDescriptorsItClosesAndCounts) {
    const std::unique_ptr<Listener> listener = listen();
    world.limits().descriptors_max = 3 + world.open_descriptors();
    const sim::Peer refused = world.dial(here_);
    turn_for(1s);
    EXPECT_EQ(listener->refused(), 1U);
    EXPECT_TRUE(refused.saw_end());
    world.limits().descriptors_max = 100;
    world.dial(here_);
    turn_for(1s);
    EXPECT_EQ(accepted.size(), 1U);
}

TEST_F(ListenerSim, WithoutEvenTheSpareDescriptorItRestsInsteadOfSpinning) {
    const std::unique_ptr<Listener> listener = listen();
    world.faults().no_descriptor_percent = 100;
    const sim::Peer patient = world.dial(here_);
    turn_for(10s);
    EXPECT_TRUE(accepted.empty());
    world.faults().no_descriptor_percent = 0;
    turn_for(1s);
    EXPECT_EQ(accepted.size() + listener->refused(), 1U);
    EXPECT_EQ(patient.is_connected(), accepted.size() == 1);
}

TEST_F(ListenerSim, OnlyAddressesOfThisMachineWithoutAllowRemote) {
    const auto open = [this](const char* address, const ListenerOptions& options) {
        return Listener::open(*loop, *Address::parse(address), options, [](sys::Accepted) {});
    };
    EXPECT_EQ(open("0.0.0.0:7000", {}).error().code(), Errc::invalid_address);
    EXPECT_EQ(open("localhost:7000", {}).error().code(), Errc::invalid_address);
    ListenerOptions remote;
    remote.allow_remote = true;
    const auto listener = open("0.0.0.0:7000", remote);
    ASSERT_TRUE(listener);
    EXPECT_EQ(open("127.0.0.1:7000", {}).error().code(), Errc::address_in_use);
}

}  // namespace
}  // namespace sluice::net
