// How the transmit queue holds the fragments of its messages: copied, by reference, and given back.
#include <array>
#include <string>
#include <vector>

#include "sluice/net/transmit_queue.hpp"
#include "tests/unit/net/egress_verbs.hpp"

namespace sluice::net {
namespace {

EgressOptions copying_below(std::size_t copy_below_b, std::size_t buffer_size_b = 10'000) {
    return {
        .policy = EgressPolicy::wait, .buffer_size_b = buffer_size_b, .copy_below_b = copy_below_b};
}

TEST(TransmitQueueFragments, AFragmentBelowTheBorderIsGivenBackAtOnce) {
    Egress egress(copying_below(6));
    EXPECT_TRUE(egress.push_lent("12345"));
    EXPECT_EQ(egress.released, 1);
    EXPECT_TRUE(egress.push_lent("123456"));
    EXPECT_EQ(egress.released, 1);
    EXPECT_EQ(egress.send(), "12345123456");
    EXPECT_EQ(egress.released, 2);
}

TEST(TransmitQueueFragments, NothingIsCopiedWithABorderOfZero) {
    Egress egress(copying_below(0));
    const std::string text = "a";
    EXPECT_TRUE(egress.push_lent(text));
    std::array<iovec, 1> piece;
    ASSERT_EQ(egress.queue.gather(piece, 10), 1U);
    EXPECT_EQ(piece[0].iov_base, text.data());
    egress.queue.consumed(1);
    EXPECT_EQ(egress.released, 1);
}

TEST(TransmitQueueFragments, PlainBytesAreCopiedWhateverTheBorder) {
    Egress egress(copying_below(0));
    std::string text = "first";
    EXPECT_TRUE(egress.push(text));
    text = "gone!";
    EXPECT_EQ(egress.send(), "first");
}

TEST(TransmitQueueFragments, EachIsGivenBackExactlyWithItsLastByte) {
    Egress egress(copying_below(0));
    std::vector<Buffer> fragments;
    fragments.push_back(egress.lend("abc"));
    fragments.push_back(egress.lend("de"));
    EXPECT_TRUE(egress.push_fragments(fragments));
    EXPECT_TRUE(fragments[0].empty()) << "an accepted message is moved from";
    EXPECT_EQ(egress.send(2), "ab");
    EXPECT_EQ(egress.released, 0);
    EXPECT_EQ(egress.send(1), "c");
    EXPECT_EQ(egress.released, 1);
    EXPECT_EQ(egress.send(1), "d");
    EXPECT_EQ(egress.released, 1);
    EXPECT_EQ(egress.send(1), "e");
    EXPECT_EQ(egress.released, 2);
}

TEST(TransmitQueueFragments, AnEmptyFragmentIsGivenBackAtOnce) {
    for (const std::size_t copy_below_b : {std::size_t{0}, std::size_t{100}}) {
        Egress egress(copying_below(copy_below_b));
        std::vector<Buffer> fragments;
        fragments.push_back(egress.lend(""));
        fragments.push_back(Buffer());
        fragments.push_back(egress.copy("a"));
        EXPECT_TRUE(egress.push_fragments(fragments));
        EXPECT_EQ(egress.released, 1);
        EXPECT_EQ(egress.send(), "a");
    }
}

TEST(TransmitQueueFragments, CopiesAndReferencesKeepTheirOrder) {
    Egress egress(copying_below(4));
    std::vector<Buffer> fragments;
    for (const char* text : {"a", "long1", "b", "c", "long2", "long3", "d"}) {
        fragments.push_back(egress.lend(text));
    }
    EXPECT_TRUE(egress.push_fragments(fragments));
    EXPECT_TRUE(egress.push("e"));
    EXPECT_EQ(egress.send(1U << 20U, 2), "along1bclong2long3de");
}

TEST(TransmitQueueFragments, AHeadAndFragmentsAreOneMessage) {
    Egress egress(copying_below(4));
    std::string head = "head";
    std::vector<Buffer> fragments;
    for (const char* text : {"long1", "b", "long2"}) {
        fragments.push_back(egress.lend(text));
    }
    EXPECT_TRUE(egress.push_shared(head, fragments));
    head = "gone";
    EXPECT_EQ(egress.ledger().queued, messages(1, 15));
    EXPECT_EQ(egress.send(14), "headlong1blong");
    EXPECT_EQ(egress.ledger().sent, messages(0, 0));
    EXPECT_EQ(egress.send(), "2");
    EXPECT_EQ(egress.ledger().sent, messages(1, 15));
}

TEST(TransmitQueueFragments, SharesAreTakenAndTheCallersLeftAlone) {
    Egress egress(copying_below(4));
    const std::string text = "long1";
    std::vector<Buffer> fragments;
    fragments.push_back(egress.lend(text));
    EXPECT_TRUE(egress.push_shared("", fragments));
    EXPECT_EQ(fragments[0].size(), 5U);
    std::array<iovec, 1> piece;
    ASSERT_EQ(egress.queue.gather(piece, 10), 1U);
    EXPECT_EQ(piece[0].iov_base, text.data()) << "it is not copied";
    fragments.clear();
    EXPECT_EQ(egress.released, 0);
    EXPECT_EQ(egress.send(), "long1");
    EXPECT_EQ(egress.released, 1);
}

TEST(TransmitQueueFragments, HeadAndFragmentsMustFitTogether) {
    Egress egress({.policy = EgressPolicy::fail, .buffer_size_b = 10, .copy_below_b = 4});
    egress.connect();
    std::vector<Buffer> fragments;
    fragments.push_back(egress.lend("567890"));
    EXPECT_EQ(code_of(egress.push_shared("12345", fragments)), Errc::too_large);
    EXPECT_TRUE(egress.push_shared("1234", fragments));
    EXPECT_EQ(code_of(egress.push_shared("", fragments)), Errc::would_block);
    EXPECT_EQ(egress.send(), "1234567890");
}

TEST(TransmitQueueFragments, AMessageOfManySmallFragmentsFits) {
    Egress egress(copying_below(64));
    std::vector<Buffer> fragments;
    std::string expected;
    for (int i = 0; i < 5000; ++i) {
        fragments.push_back(egress.lend("ab"));
        expected += "ab";
    }
    EXPECT_TRUE(egress.push_fragments(fragments));
    EXPECT_EQ(egress.send(), expected);
}

TEST(TransmitQueueFragments, ManyReferencesAreDroppedAndGivenBackToTheLast) {
    Egress egress(copying_below(0, 64 * 300));
    for (int i = 0; i < 3; ++i) {
        std::vector<Buffer> fragments;
        for (int k = 0; k < 100; ++k) {
            fragments.push_back(egress.lend("abc"));
        }
        EXPECT_TRUE(egress.push_fragments(fragments));
    }
    egress.send(4);
    egress.lose();
    EXPECT_EQ(egress.released, 100);
    EXPECT_EQ(egress.dropped_as(DropReason::connection_lost), messages(1, 300));
    egress.stop();
    EXPECT_EQ(egress.released, 300);
}

TEST(TransmitQueueFragments, AReleaseFunctionMayPush) {
    static Egress* pushing = nullptr;
    Egress egress(copying_below(0));
    pushing = &egress;
    const auto release = [](void*, std::span<const std::byte>) noexcept {
        EXPECT_TRUE(pushing->queue.try_push_copy(bytes_of("next")));
    };
    std::vector<Buffer> fragments;
    fragments.push_back(*egress.pool.wrap(bytes_of("first"), release, nullptr));
    EXPECT_TRUE(egress.push_fragments(fragments));
    EXPECT_EQ(egress.send(), "firstnext");
}

TEST(TransmitQueueFragments, GatherKeepsToThePiecesAndBytesGiven) {
    Egress egress(copying_below(0));
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(egress.push_lent("0123456789"));
    }
    std::array<iovec, 8> pieces;
    EXPECT_EQ(egress.queue.gather(std::span(pieces).first(3), 1000), 3U);
    EXPECT_EQ(egress.queue.gather(pieces, 25), 3U);
    EXPECT_EQ(pieces[2].iov_len, 5U);
    EXPECT_EQ(egress.queue.gather(pieces, 0), 0U);
    EXPECT_EQ(egress.queue.gather(std::span<iovec>(), 1000), 0U);
}

TEST(TransmitQueueFragments, TheArenaGoesRoundAndRound) {
    Egress egress({.policy = EgressPolicy::wait, .buffer_size_b = 37});
    std::string pushed;
    std::string sent;
    for (int i = 0; i < 200; ++i) {
        const std::string text(static_cast<std::size_t>(i % 12), static_cast<char>('a' + i % 26));
        while (!egress.push(text)) {
            sent += egress.send(5);
        }
        pushed += text;
    }
    sent += egress.send(1U << 20U, 1);
    EXPECT_EQ(sent, pushed);
}

}  // namespace
}  // namespace sluice::net
