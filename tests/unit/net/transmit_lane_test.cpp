// What one producer writes into its lane, and what of it comes out at the other end.
#include "sluice/net/transmit_lane.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/net/egress_verbs.hpp"

namespace sluice::net {
namespace {

constexpr EgressOptions waiting{.policy = EgressPolicy::wait};
constexpr EgressOptions failing{.policy = EgressPolicy::fail};
constexpr LaneOptions small{.arena_b = 4096,
                            .messages_max = 16,
                            .references_max = 4,
                            .referenced_b_max = 10'000,
                            .copy_below_b = 8};

bool write(TransmitLane& lane, std::string_view before, std::string_view body) {
    return static_cast<bool>(lane.try_push({.before = bytes_of(before), .body = bytes_of(body)}));
}

Errc push(TransmitLane& lane, std::string_view before, std::vector<Buffer> fragments = {},
          std::string_view after = {}) {
    return code_of(lane.try_push(
        {.before = bytes_of(before), .fragments = fragments, .after = bytes_of(after)}));
}

TEST(TransmitLane, SendsMessagesInOrderAsOnePiece) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    EXPECT_TRUE(write(lane, "4", "abcd"));
    EXPECT_TRUE(write(lane, "0", ""));
    EXPECT_TRUE(write(lane, "", "raw"));
    std::array<iovec, 4> pieces{};
    EXPECT_EQ(egress.queue.gather(pieces, 1000), 1U);
    EXPECT_EQ(egress.send(), "4abcd0raw");
    EXPECT_EQ(egress.ledger().sent, messages(3, 9));
}

TEST(TransmitLane, ShortWayWritesPrefixesAndBodiesOfAllLengths) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    std::string expected;
    std::string wire;
    for (std::size_t size = 0; size < 140; ++size) {
        const std::size_t prefix_b = 1 + size % 8;
        std::string body;
        for (std::size_t i = 0; i < size; ++i) {
            body += static_cast<char>('a' + (i + size) % 26);
        }
        const std::uint64_t prefix = 0x3837'3635'3433'3231;       // "12345678" in memory
        if (!lane.try_write(prefix, prefix_b, bytes_of(body))) {  // around the end of the arena
            ASSERT_TRUE(write(lane, std::string("12345678").substr(0, prefix_b), body));
        }
        expected += std::string("12345678").substr(0, prefix_b) + body;
        wire += egress.send();
    }
    EXPECT_EQ(wire, expected);
}

TEST(TransmitLane, ShortWayTouchesNothingThatWaits) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    const std::string first(4000, 'f');
    ASSERT_TRUE(write(lane, "", first));
    egress.send(10);
    ASSERT_TRUE(write(lane, "", std::string(96, 's')));
    EXPECT_FALSE(lane.try_write(0, 4, bytes_of("12")))
        << "a whole word would reach into what waits";
    ASSERT_TRUE(write(lane, "", "123456"));
    EXPECT_EQ(egress.send(), first.substr(10) + std::string(96, 's') + "123456");
}

TEST(TransmitLane, FragmentsFollowUncopiedAtTheirPlace) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    const std::string x(200, 'x');
    const std::string y(800, 'y');
    std::vector<Buffer> fragments;
    fragments.push_back(egress.lend(x));
    fragments.push_back(egress.lend("short"));
    fragments.push_back(egress.lend(y));
    EXPECT_TRUE(write(lane, "", "before"));
    EXPECT_EQ(push(lane, "head", std::move(fragments), "tail"), Errc{});
    EXPECT_EQ(egress.released, 1) << "what was copied comes back at once";
    std::array<iovec, 8> pieces{};
    EXPECT_EQ(egress.queue.gather(pieces, 10'000), 5U);
    EXPECT_EQ(pieces[1].iov_base, x.data());
    EXPECT_EQ(pieces[3].iov_base, y.data());
    EXPECT_EQ(egress.send(), "beforehead" + x + "short" + y + "tail");
    EXPECT_EQ(egress.released, 3);
}

TEST(TransmitLane, CopyBelowZeroCopiesNoFragment) {
    Egress egress(waiting);
    egress.connect();
    LaneOptions options = small;
    options.copy_below_b = 0;
    TransmitLane& lane = egress.queue.open_lane(options);
    std::vector<Buffer> fragments;
    fragments.push_back(egress.lend("X"));
    fragments.push_back(egress.lend("Y"));
    EXPECT_EQ(push(lane, "h", std::move(fragments)), Errc{});
    std::array<iovec, 8> pieces{};
    EXPECT_EQ(egress.queue.gather(pieces, 10'000), 3U);
    EXPECT_EQ(egress.send(), "hXY");
}

TEST(TransmitLane, FragmentIsReleasedWithItsLastByte) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    const std::string body(100, 'b');
    std::vector<Buffer> fragments;
    fragments.push_back(egress.lend(body));
    EXPECT_EQ(push(lane, "h", std::move(fragments), "t"), Errc{});
    egress.send(100);
    EXPECT_EQ(egress.released, 0);
    egress.send(1);
    EXPECT_EQ(egress.released, 1);
    EXPECT_EQ(egress.ledger().sent, messages(0, 0)) << "the tail is still queued";
    egress.send(1);
    EXPECT_EQ(egress.ledger().sent, messages(1, 102));
}

TEST(TransmitLane, MessageAroundTheEndOfTheArenaIsWhole) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    std::string expected;
    std::string wire;
    for (int i = 0; i < 50; ++i) {
        const std::string body(300, static_cast<char>('a' + i % 26));
        const std::string head = std::to_string(i);
        ASSERT_TRUE(write(lane, head, body));
        expected += head + body;
        wire += egress.send();
    }
    EXPECT_EQ(wire, expected);
}

TEST(TransmitLane, IsFullAtExactlyItsArena) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    EXPECT_TRUE(write(lane, "", std::string(4095, 'x')));
    EXPECT_FALSE(write(lane, "a", "b"));
    EXPECT_EQ(push(lane, "ab"), Errc::would_block);
    EXPECT_TRUE(write(lane, "", "c"));
    EXPECT_FALSE(write(lane, "", "d"));
    egress.send(1);
    EXPECT_TRUE(write(lane, "", "d")) << "the arena's bytes come free as they are sent";
    EXPECT_EQ(push(lane, std::string(4097, 'x')), Errc::too_large);
}

TEST(TransmitLane, IsFullAtItsMessagesReferencesAndReferencedBytes) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    for (int i = 0; i < 16; ++i) {
        EXPECT_TRUE(write(lane, "", "m"));
    }
    EXPECT_FALSE(write(lane, "", "m"));
    egress.send();
    const std::string large(6000, 'l');
    const auto lent = [&] {
        std::vector<Buffer> fragments;
        fragments.push_back(egress.lend(large));
        return fragments;
    };
    EXPECT_EQ(push(lane, "", lent()), Errc{});
    EXPECT_EQ(push(lane, "", lent()), Errc::would_block);
    egress.send();
    std::vector<Buffer> five;
    for (int i = 0; i < 5; ++i) {
        five.push_back(egress.lend("long enough"));
    }
    EXPECT_EQ(push(lane, "", std::move(five)), Errc::too_large);
    std::vector<Buffer> one;
    const std::string huge(20'000, 'h');
    one.push_back(egress.lend(huge));
    EXPECT_EQ(push(lane, "", std::move(one)), Errc{}) << "a single one may be larger";
    EXPECT_EQ(egress.send(), huge);
}

TEST(TransmitLane, RefusedMessageIsLeftAlone) {
    Egress egress(failing);
    TransmitLane& lane = egress.queue.open_lane(small);
    std::vector<Buffer> fragments;
    fragments.push_back(egress.lend("long enough"));
    EXPECT_EQ(code_of(lane.try_push({.fragments = fragments})), Errc::not_connected);
    EXPECT_EQ(fragments[0].size(), 11U);
    EXPECT_FALSE(write(lane, "", "x"));
    egress.connect();
    EXPECT_TRUE(write(lane, "", "x"));
    EXPECT_EQ(push(lane, ""), Errc::invalid_argument);
}

TEST(TransmitLane, LostConnectionTakesOnlyTheHalfSentMessageOfThoseThatWait) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    write(lane, "", "first");
    write(lane, "", "second");
    egress.send(2);
    egress.queue.lost();
    EXPECT_EQ(dropped(egress.ledger(), DropReason::connection_lost), messages(1, 5));
    EXPECT_TRUE(write(lane, "", "third")) << "it may wait for the next connection";
    egress.connect();
    EXPECT_EQ(egress.send(), "secondthird");
}

TEST(TransmitLane, LostConnectionTakesAllWhereMessagesAreRefused) {
    Egress egress(failing);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    write(lane, "", "first");
    write(lane, "", "second");
    egress.send(2);
    egress.queue.lost();
    EXPECT_EQ(dropped(egress.ledger(), DropReason::connection_lost), messages(2, 11));
    egress.connect();
    EXPECT_EQ(egress.send(), "");
}

TEST(TransmitLane, StopDropsAllAndRefusesTheRest) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    write(lane, "", "first");
    egress.stop();
    EXPECT_EQ(dropped(egress.ledger(), DropReason::stopped), messages(1, 5));
    EXPECT_FALSE(write(lane, "", "second"));
    EXPECT_EQ(push(lane, "second"), Errc::stopped);
}

TEST(TransmitLane, LanesAndTheSharedQueueTakeTurnsAtTheBordersOfMessages) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& a = egress.queue.open_lane(small);
    TransmitLane& b = egress.queue.open_lane(small);
    std::string wire;
    for (int i = 0; i < 16; ++i) {
        write(a, "", "(aaa)");
        write(b, "", "[bb]");
        ASSERT_TRUE(egress.push("<c>"));
    }
    while (!egress.queue.empty()) {
        wire += egress.send(1 + wire.size() % 3, 2);
    }
    std::size_t messages_seen = 0;
    for (std::size_t at = 0; at < wire.size(); ++messages_seen) {
        const std::string_view whole = wire[at] == '(' ? "(aaa)" : wire[at] == '[' ? "[bb]" : "<c>";
        ASSERT_EQ(wire.substr(at, whole.size()), whole);
        at += whole.size();
    }
    EXPECT_EQ(messages_seen, 48U);
}

/// Keeps a producer's queue full while the kernel takes 6 bytes at a time, and `more` the first
/// time, and returns what it took in 50 turns.
template <typename Fill>
std::string send_slowly(Egress& egress, std::size_t more, Fill fill) {
    std::string wire;
    for (int turn = 0; turn < 50; ++turn) {
        fill();
        std::array<iovec, 64> pieces{};
        const std::size_t used = egress.queue.gather(pieces, 100'000);
        std::string gathered;
        for (const iovec& piece : std::span(pieces).first(used)) {
            gathered.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
        }
        gathered.resize(std::min(6 + std::exchange(more, 0), gathered.size()));
        egress.queue.consumed(gathered.size());
        wire += gathered;
    }
    return wire;
}

TEST(TransmitLane, NoneStarvesAnotherWhereShortWritesEndWithinMessages) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& greedy = egress.queue.open_lane(small);
    TransmitLane& modest = egress.queue.open_lane(small);
    const auto fill = [&] {
        while (write(greedy, "", "greedy")) {
        }
    };
    fill();
    EXPECT_TRUE(write(modest, "", "MODEST"));
    EXPECT_NE(send_slowly(egress, 1, fill).find("MODEST"), std::string::npos);
}

TEST(TransmitLane, NoneStarvesAnotherWhereShortWritesEndBetweenMessages) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& greedy = egress.queue.open_lane(small);
    TransmitLane& modest = egress.queue.open_lane(small);
    const auto fill = [&] {
        while (write(greedy, "", "greedy")) {
        }
    };
    fill();
    EXPECT_TRUE(write(modest, "", "MODEST"));
    EXPECT_NE(send_slowly(egress, 0, fill).find("MODEST"), std::string::npos);
}

TEST(TransmitLane, NeitherLanesNorTheSharedQueueStarveTheOther) {
    Egress lanes_first(waiting);
    lanes_first.connect();
    TransmitLane& greedy = lanes_first.queue.open_lane(small);
    const auto fill_lane = [&] {
        while (write(greedy, "", "greedy")) {
        }
    };
    EXPECT_NE(
        send_slowly(lanes_first, 1,
                    [&] {
                        fill_lane();
                        static_cast<void>(lanes_first.queue.try_push_copy(bytes_of("MODEST")));
                    })
            .find("MODEST"),
        std::string::npos);

    Egress shared_first({.policy = EgressPolicy::wait, .buffer_size_b = 4096});
    shared_first.connect();
    TransmitLane& modest = shared_first.queue.open_lane(small);
    const auto fill_shared = [&] {
        while (shared_first.queue.try_push_copy(bytes_of("greedy"))) {
        }
    };
    fill_shared();
    EXPECT_NE(shared_first.send(1), "");
    EXPECT_TRUE(write(modest, "", "MODEST"));
    EXPECT_NE(send_slowly(shared_first, 0, fill_shared).find("MODEST"), std::string::npos);
}

TEST(TransmitLane, ClosedLaneIsSentAndForgotten) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    write(lane, "", "last words");
    egress.queue.close_lane(lane);
    EXPECT_EQ(egress.send(), "last words");
    EXPECT_TRUE(egress.queue.rest());
    EXPECT_EQ(egress.ledger().sent, messages(1, 10));
    EXPECT_EQ(egress.ledger().accepted, messages(1, 10));
}

TEST(TransmitLane, WakesTheLoopOnlyWhileItRests) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    write(lane, "", "a");
    EXPECT_EQ(egress.works, 1) << "the loop does not know of a new lane";
    write(lane, "", "b");
    EXPECT_EQ(egress.works, 1);
    EXPECT_FALSE(egress.queue.rest()) << "there is work";
    egress.send();
    EXPECT_TRUE(egress.queue.rest());
    write(lane, "", "c");
    EXPECT_EQ(egress.works, 2);
}

TEST(TransmitLane, ReleasedFragmentMayPushTheNextMessage) {
    Egress egress(waiting);
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane(small);
    struct Next {
        TransmitLane& lane;
        static void push(void* self, std::span<const std::byte>) noexcept {
            write(static_cast<Next*>(self)->lane, "", "next");
        }
    } next{lane};
    std::vector<Buffer> fragments;
    fragments.push_back(*egress.pool.wrap(bytes_of("copied"), Next::push, &next));
    EXPECT_EQ(push(lane, "(", std::move(fragments), ")"), Errc{});
    EXPECT_EQ(egress.send(), "(copied)next");
}

TEST(TransmitLane, OptionsOutOfRangeAreAllNamed) {
    const Result<void> judged = validate(LaneOptions{.arena_b = 5000,
                                                     .messages_max = 8,
                                                     .references_max = 3,
                                                     .referenced_b_max = 0,
                                                     .copy_below_b = 6000});
    ASSERT_FALSE(judged);
    for (const char* key : {"arena_b 5000", "messages_max 8", "references_max 3",
                            "referenced_b_max 0", "copy_below_b 6000"}) {
        EXPECT_NE(judged.error().detail().find(key), std::string::npos) << key;
    }
}

}  // namespace
}  // namespace sluice::net
