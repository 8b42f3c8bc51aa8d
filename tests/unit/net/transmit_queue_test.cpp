#include "sluice/net/transmit_queue.hpp"

#include <string>
#include <vector>

#include "tests/unit/net/egress_verbs.hpp"

namespace sluice::net {
namespace {

EgressOptions with(EgressPolicy policy, std::size_t buffer_size_b = 100) {
    return {.policy = policy, .buffer_size_b = buffer_size_b};
}

const std::string hundred(100, 'x');

TEST(TransmitQueue, DropAcceptsAndCountsWhatComesWithoutAConnection) {
    Egress egress(with(EgressPolicy::drop));
    EXPECT_EQ(code_of(egress.push("early")), Errc::not_connected);
    EXPECT_EQ(egress.ledger().accepted, messages(1, 5));
    EXPECT_EQ(egress.dropped_as(DropReason::not_connected), messages(1, 5));
    EXPECT_EQ(egress.ledger().refused, 0U);
}

TEST(TransmitQueue, DropTakesTheFragmentsOfADroppedMessage) {
    Egress egress(with(EgressPolicy::drop));
    EXPECT_FALSE(egress.push_lent("early"));
    EXPECT_EQ(egress.released, 1);
}

TEST(TransmitQueue, FailRefusesWithoutAConnectionAndLeavesTheFragments) {
    Egress egress(with(EgressPolicy::fail));
    std::vector<Buffer> fragments;
    fragments.push_back(egress.lend("early"));
    EXPECT_EQ(code_of(egress.push_fragments(fragments)), Errc::not_connected);
    EXPECT_EQ(fragments[0].size(), 5U);
    EXPECT_EQ(egress.released, 0);
    EXPECT_EQ(egress.ledger().accepted, messages(0, 0));
    EXPECT_EQ(egress.ledger().refused, 1U);
}

TEST(TransmitQueue, WaitAndKeepQueueForAConnectionToCome) {
    for (const EgressPolicy policy : {EgressPolicy::wait, EgressPolicy::keep}) {
        Egress egress(with(policy));
        EXPECT_TRUE(egress.push("early"));
        EXPECT_EQ(egress.works, 0) << "there is nothing to do without a connection";
        egress.connect();
        EXPECT_EQ(egress.send(), "early");
        EXPECT_EQ(egress.ledger().sent, messages(1, 5));
    }
}

TEST(TransmitQueue, AMessageOfExactlyTheSizeFits) {
    for (const EgressPolicy policy :
         {EgressPolicy::drop, EgressPolicy::fail, EgressPolicy::wait, EgressPolicy::keep}) {
        Egress egress(with(policy));
        egress.connect();
        EXPECT_TRUE(egress.push(hundred));
        EXPECT_EQ(egress.send(), hundred);
    }
}

TEST(TransmitQueue, OneByteMoreThanTheRoomIsRefused) {
    for (const EgressPolicy policy : {EgressPolicy::fail, EgressPolicy::wait, EgressPolicy::keep}) {
        Egress egress(with(policy));
        egress.connect();
        EXPECT_TRUE(egress.push(hundred.substr(1)));
        EXPECT_EQ(code_of(egress.push("ab")), Errc::would_block);
        EXPECT_TRUE(egress.push("a"));
        EXPECT_EQ(egress.ledger().queued, messages(2, 100));
        EXPECT_EQ(egress.ledger().refused, 1U);
    }
}

TEST(TransmitQueue, DropCountsWhatFindsNoRoom) {
    Egress egress(with(EgressPolicy::drop));
    egress.connect();
    EXPECT_TRUE(egress.push(hundred));
    EXPECT_EQ(code_of(egress.push("a")), Errc::would_block);
    EXPECT_EQ(egress.dropped_as(DropReason::buffer_full), messages(1, 1));
    EXPECT_EQ(egress.ledger().queued_bytes_max, 100U);
}

TEST(TransmitQueue, WhatCouldNeverFitIsTooLargeWhateverTheMoment) {
    Egress egress(with(EgressPolicy::wait));
    EXPECT_EQ(code_of(egress.push(hundred + "x")), Errc::too_large);
    EXPECT_EQ(code_of(egress.queue.push_copy(bytes_of(hundred + "x"))), Errc::too_large);
    EXPECT_EQ(egress.ledger().refused, 2U);
    Egress dropping(with(EgressPolicy::drop));
    EXPECT_EQ(code_of(dropping.push(hundred + "x")), Errc::too_large);
    EXPECT_EQ(dropping.dropped_as(DropReason::too_large), messages(1, 101));
}

TEST(TransmitQueue, RoomComesBackOnlyWithAMessagesLastByte) {
    Egress egress(with(EgressPolicy::fail));
    egress.connect();
    EXPECT_TRUE(egress.push(hundred));
    egress.send(99);
    EXPECT_EQ(egress.ledger().queued, messages(1, 100));
    EXPECT_EQ(code_of(egress.push("a")), Errc::would_block);
    egress.send(1);
    EXPECT_EQ(egress.ledger().sent, messages(1, 100));
    EXPECT_TRUE(egress.push("a"));
}

TEST(TransmitQueue, LostDropsEverythingUnderDropAndFail) {
    for (const EgressPolicy policy : {EgressPolicy::drop, EgressPolicy::fail}) {
        Egress egress(with(policy));
        egress.connect();
        EXPECT_TRUE(egress.push("half"));
        EXPECT_TRUE(egress.push("whole"));
        egress.send(2);
        egress.lose();
        EXPECT_EQ(egress.dropped_as(DropReason::connection_lost), messages(2, 9));
        egress.connect();
        EXPECT_EQ(egress.send(), "");
        EXPECT_EQ(egress.queue.taken_bytes(), 2U);
    }
}

TEST(TransmitQueue, LostTakesOnlyTheHalfSentMessageUnderWait) {
    Egress egress(with(EgressPolicy::wait));
    egress.connect();
    EXPECT_TRUE(egress.push("half"));
    EXPECT_TRUE(egress.push("whole"));
    egress.send(2);
    egress.lose();
    EXPECT_EQ(egress.dropped_as(DropReason::connection_lost), messages(1, 4));
    egress.connect();
    EXPECT_EQ(egress.send(), "whole");
}

TEST(TransmitQueue, LostBetweenTwoMessagesTakesNoneUnderWait) {
    Egress egress(with(EgressPolicy::wait));
    egress.connect();
    EXPECT_TRUE(egress.push("first"));
    EXPECT_TRUE(egress.push("second"));
    egress.send(5);
    egress.lose();
    egress.connect();
    EXPECT_EQ(egress.send(), "second");
}

TEST(TransmitQueue, KeepGoesOnAtTheFirstByteNotTaken) {
    Egress egress(with(EgressPolicy::keep));
    egress.connect();
    EXPECT_TRUE(egress.push("half"));
    EXPECT_TRUE(egress.push("whole"));
    EXPECT_EQ(egress.send(2), "ha");
    egress.lose();
    egress.connect();
    EXPECT_EQ(egress.send(), "lfwhole");
    EXPECT_EQ(egress.ledger().sent, messages(2, 9));
}

TEST(TransmitQueue, AnEmptyMessageBehindALostOneIsSentAtOnce) {
    Egress egress(with(EgressPolicy::wait));
    egress.connect();
    EXPECT_TRUE(egress.push("half"));
    EXPECT_TRUE(egress.push(""));
    egress.send(2);
    egress.lose();
    EXPECT_EQ(egress.ledger().queued, messages(0, 0));
    EXPECT_TRUE(egress.queue.wait_empty());
}

TEST(TransmitQueue, StopDropsEverythingAndRefusesWhatComesAfter) {
    for (const EgressPolicy policy :
         {EgressPolicy::drop, EgressPolicy::fail, EgressPolicy::wait, EgressPolicy::keep}) {
        Egress egress(with(policy));
        egress.connect();
        EXPECT_TRUE(egress.push("half"));
        EXPECT_TRUE(egress.push("whole"));
        egress.send(2);
        egress.stop();
        EXPECT_EQ(egress.dropped_as(DropReason::stopped), messages(2, 9));
        EXPECT_EQ(code_of(egress.push("late")), Errc::stopped);
        EXPECT_EQ(code_of(egress.queue.push_copy(bytes_of("late"))), Errc::stopped);
        egress.connect();
        EXPECT_EQ(egress.send(), "");
    }
}

TEST(TransmitQueue, OneMessagePerSixtyFourBytesMayBeQueued) {
    Egress egress(with(EgressPolicy::fail, 64 * 20));
    egress.connect();
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(egress.push("a"));
    }
    EXPECT_EQ(code_of(egress.push("a")), Errc::would_block);
    egress.send(1);
    EXPECT_TRUE(egress.push("a"));
}

TEST(TransmitQueue, ASmallQueueTakesSixteenMessages) {
    Egress egress(with(EgressPolicy::fail));
    egress.connect();
    for (int i = 0; i < 16; ++i) {
        EXPECT_TRUE(egress.push("a"));
    }
    EXPECT_EQ(code_of(egress.push("a")), Errc::would_block);
}

TEST(TransmitQueue, AnEmptyMessageIsSentInItsTurn) {
    Egress egress(with(EgressPolicy::wait));
    EXPECT_TRUE(egress.push(""));
    EXPECT_EQ(egress.ledger().sent, messages(1, 0)) << "it waits for nothing";
    EXPECT_TRUE(egress.push("a"));
    EXPECT_TRUE(egress.push(""));
    EXPECT_EQ(egress.ledger().queued, messages(2, 1));
    egress.connect();
    EXPECT_EQ(egress.send(), "a");
    EXPECT_EQ(egress.ledger().sent, messages(3, 1));
}

TEST(TransmitQueue, WorkIsAnnouncedWhenTheQueueStopsBeingEmpty) {
    Egress egress(with(EgressPolicy::fail));
    egress.connect();
    EXPECT_TRUE(egress.queue.empty());
    EXPECT_TRUE(egress.push("a"));
    EXPECT_TRUE(egress.push("b"));
    EXPECT_EQ(egress.works, 1);
    EXPECT_FALSE(egress.queue.empty());
    egress.send();
    EXPECT_TRUE(egress.queue.empty());
    EXPECT_TRUE(egress.push("c"));
    EXPECT_EQ(egress.works, 2);
}

TEST(TransmitQueue, PushReturnsTimedOutAtItsDeadline) {
    Egress egress(with(EgressPolicy::wait));
    EXPECT_TRUE(egress.push(hundred));
    EXPECT_EQ(code_of(egress.queue.push_copy(bytes_of("a"), SteadyTime{})), Errc::timed_out);
    EXPECT_FALSE(egress.queue.wait_empty(SteadyTime{}));
    EXPECT_EQ(egress.ledger().refused, 1U);
    expect_balance(egress.ledger());
}

TEST(TransmitQueue, PushDoesNotWaitUnderDrop) {
    Egress egress(with(EgressPolicy::drop));
    EXPECT_EQ(code_of(egress.queue.push_copy(bytes_of("a"))), Errc::not_connected);
    egress.connect();
    EXPECT_TRUE(egress.queue.push_copy(bytes_of(hundred)));
    EXPECT_EQ(code_of(egress.queue.push_copy(bytes_of("a"))), Errc::would_block);
}

TEST(TransmitQueue, PushWaitsForRoomButForNoConnectionUnderFail) {
    Egress egress(with(EgressPolicy::fail));
    EXPECT_EQ(code_of(egress.queue.push_copy(bytes_of("a"))), Errc::not_connected);
    egress.connect();
    EXPECT_TRUE(egress.queue.push_copy(bytes_of(hundred)));
    EXPECT_EQ(code_of(egress.queue.push_copy(bytes_of("a"), SteadyTime{})), Errc::timed_out);
}

TEST(TransmitQueue, OptionsOutsideTheirRangesAreRefused) {
    EXPECT_TRUE(validate(EgressOptions{}));
    EXPECT_TRUE(validate(EgressOptions{.buffer_size_b = 1}));
    EXPECT_TRUE(validate(EgressOptions{.copy_below_b = 65'536}));
    EXPECT_FALSE(validate(EgressOptions{.buffer_size_b = 0}));
    EXPECT_FALSE(validate(EgressOptions{.buffer_size_b = (std::size_t{1} << 30U) + 1}));
    EXPECT_FALSE(validate(EgressOptions{.copy_below_b = 65'537}));
}

TEST(TransmitQueue, DropReasonsHaveTheirNames) {
    EXPECT_EQ(name(DropReason::not_connected), "not_connected");
    EXPECT_EQ(name(DropReason::buffer_full), "buffer_full");
    EXPECT_EQ(name(DropReason::too_large), "too_large");
    EXPECT_EQ(name(DropReason::connection_lost), "connection_lost");
    EXPECT_EQ(name(DropReason::stopped), "stopped");
}

}  // namespace
}  // namespace sluice::net
