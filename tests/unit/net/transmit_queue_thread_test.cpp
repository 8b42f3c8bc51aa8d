// Several threads on one transmit queue.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "sluice/net/transmit_queue.hpp"
#include "tests/unit/net/egress_verbs.hpp"

namespace sluice::net {
namespace {

constexpr EgressOptions small{.policy = EgressPolicy::wait, .buffer_size_b = 100};
const std::string hundred(100, 'x');

TEST(TransmitQueueThreads, PushWaitsForRoom) {
    Egress egress(small);
    egress.connect();
    ASSERT_TRUE(egress.push(hundred));
    std::atomic<bool> pushed = false;
    std::thread producer([&] {
        EXPECT_TRUE(egress.queue.push_copy(bytes_of("next")));
        pushed = true;
    });
    EXPECT_EQ(egress.send(99).size(), 99U);
    EXPECT_FALSE(pushed) << "the last byte of the first message still stands in its way";
    egress.send(1);
    producer.join();
    EXPECT_EQ(egress.send(), "next");
}

TEST(TransmitQueueThreads, AWaitingPushReturnsStopped) {
    Egress egress(small);
    ASSERT_TRUE(egress.push(hundred));
    std::vector<std::thread> producers;
    for (int i = 0; i < 3; ++i) {
        producers.emplace_back([&egress] {
            EXPECT_EQ(code_of(egress.queue.push_copy(bytes_of("next"))), Errc::stopped);
        });
    }
    egress.stop();
    for (std::thread& producer : producers) {
        producer.join();
    }
    EXPECT_EQ(egress.ledger().refused, 3U);
}

TEST(TransmitQueueThreads, ALostConnectionMakesRoomForThoseWhoWait) {
    Egress egress(small);
    egress.connect();
    ASSERT_TRUE(egress.push(hundred));
    egress.send(1);
    std::thread producer([&egress] { EXPECT_TRUE(egress.queue.push_copy(bytes_of("next"))); });
    egress.queue.lost();
    producer.join();
    EXPECT_EQ(egress.send(), "next");
}

TEST(TransmitQueueThreads, WaitEmptyReturnsWhenTheLastByteIsTaken) {
    Egress egress(small);
    egress.connect();
    ASSERT_TRUE(egress.push("ab"));
    std::thread waiting([&egress] {
        EXPECT_TRUE(egress.queue.wait_empty());
        EXPECT_EQ(egress.ledger().queued, messages(0, 0));
    });
    egress.send(1);
    egress.send(1);
    waiting.join();
}

TEST(TransmitQueueThreads, FourProducersSendWholeMessagesInTheirOrder) {
    constexpr int producers_count = 4;
    constexpr int messages_each = 2000;
    // One letter for the producer, a number, and a full stop.
    const auto message = [](int producer, int number) {
        return std::string(1, static_cast<char>('a' + producer)) + std::to_string(number) + ".";
    };
    Egress egress({.policy = EgressPolicy::wait, .buffer_size_b = 300, .copy_below_b = 4});
    egress.connect();
    std::vector<std::thread> producers;
    for (int p = 0; p < producers_count; ++p) {
        producers.emplace_back([&egress, &message, p] {
            for (int i = 0; i < messages_each; ++i) {
                if (i % 2 == 0) {
                    EXPECT_TRUE(egress.queue.push_copy(bytes_of(message(p, i))));
                } else {
                    std::vector<Buffer> fragments;
                    fragments.push_back(egress.copy(message(p, i)));
                    EXPECT_TRUE(egress.queue.push(fragments));
                }
            }
        });
    }
    std::string wire;
    while (egress.ledger().sent.messages < producers_count * messages_each) {
        wire += egress.send(7, 3);
        EXPECT_LE(egress.ledger().queued.bytes, 300U);
        std::this_thread::yield();
    }
    for (std::thread& producer : producers) {
        producer.join();
    }
    EXPECT_LE(egress.ledger().queued_bytes_max, 300U);
    std::vector<int> next(producers_count, 0);
    for (std::size_t begin = 0; begin < wire.size();) {
        const std::size_t end = wire.find('.', begin) + 1;
        ASSERT_NE(end, 0U);
        const int producer = wire[begin] - 'a';
        ASSERT_TRUE(producer >= 0 && producer < producers_count);
        const int number = next[static_cast<std::size_t>(producer)]++;
        ASSERT_EQ(wire.substr(begin, end - begin), message(producer, number));
        begin = end;
    }
    EXPECT_EQ(next, std::vector<int>(producers_count, messages_each));
}

TEST(TransmitQueueThreads, LedgerAddsUpAtEveryLookWhileALaneIsWritten) {
    Egress egress({.policy = EgressPolicy::wait});
    egress.connect();
    TransmitLane& lane = egress.queue.open_lane({});
    std::atomic<bool> is_over = false;
    std::thread producer([&] {
        while (!is_over) {
            if (!lane.try_write(0, 4, bytes_of("body"))) {
                static_cast<void>(lane.try_push({.body = bytes_of("headbody")}));
            }
        }
    });
    while (egress.ledger().accepted.messages == 0) {
    }
    for (int look = 0; look < 20'000; ++look) {
        std::array<iovec, 4> pieces{};
        std::size_t bytes = 0;
        for (const iovec& piece : std::span(pieces).first(egress.queue.gather(pieces, 1'000'000))) {
            bytes += piece.iov_len;
        }
        egress.queue.consumed(bytes);
        expect_balance(egress.ledger());
    }
    is_over = true;
    producer.join();
}

TEST(TransmitQueueThreads, WaitEmptyReturnsWhenWhatCameTooLateIsDropped) {
    for (int round = 0; round < 50; ++round) {
        Egress egress({.policy = EgressPolicy::wait});
        egress.connect();
        TransmitLane& lane = egress.queue.open_lane({});
        std::thread producer([&] {
            while (lane.try_write(0, 4, bytes_of("body")) ||
                   code_of(lane.try_push({.before = bytes_of("x")})) != Errc::stopped) {
            }
        });
        std::thread waiter([&] {
            while (egress.ledger().dropped[4].messages == 0) {
            }
            EXPECT_TRUE(egress.queue.wait_empty());
        });
        while (egress.ledger().accepted.messages == 0) {
        }
        egress.stop();
        producer.join();
        waiter.join();
        expect_balance(egress.ledger());
    }
}

}  // namespace
}  // namespace sluice::net
