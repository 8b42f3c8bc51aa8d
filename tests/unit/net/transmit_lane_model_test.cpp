// Random histories of lanes against strings, and lanes between threads.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "sluice/net/transmit_queue.hpp"
#include "tests/unit/net/egress_verbs.hpp"

namespace sluice::net {
namespace {

constexpr LaneOptions tiny{.arena_b = 4096,
                           .messages_max = 16,
                           .references_max = 4,
                           .referenced_b_max = 3000,
                           .copy_below_b = 16};

/// A message that tells its lane, its number and its length.
std::string message(std::size_t lane, std::size_t number, std::size_t size) {
    std::string text = "<" + std::to_string(lane) + ":" + std::to_string(number) + ":";
    text.append(size, '.');
    return text + ">";
}

RC_GTEST_PROP(TransmitLaneModel, EveryLaneArrivesWholeAndInOrder, ()) {
    Egress egress({.policy = EgressPolicy::wait});
    egress.connect();
    const auto lanes_count = *rc::gen::inRange<std::size_t>(1, 4);
    std::vector<TransmitLane*> lanes;
    for (std::size_t i = 0; i < lanes_count; ++i) {
        lanes.push_back(&egress.queue.open_lane(tiny));
    }
    std::vector<std::deque<std::string>> expected(lanes_count);
    std::size_t numbers = 0;
    std::string wire;
    const auto steps = *rc::gen::inRange(1, 200);
    for (int step = 0; step < steps; ++step) {
        if (*rc::gen::inRange(0, 3) == 0) {
            wire += egress.send(*rc::gen::inRange<std::size_t>(0, 3000),
                                *rc::gen::inRange<std::size_t>(1, 6));
        } else {
            const auto lane = *rc::gen::inRange<std::size_t>(0, lanes_count);
            const auto size = *rc::gen::weightedElement<std::size_t>(
                {{5, 0}, {5, 3}, {2, 100}, {1, 1000}, {1, 4000}});
            const std::string text = message(lane, ++numbers, size);
            const std::size_t cut = *rc::gen::inRange<std::size_t>(0, text.size());
            std::vector<Buffer> fragments;
            fragments.push_back(egress.copy(text.substr(cut)));
            if (lanes[lane]->try_push(
                    {.before = bytes_of(text).first(cut), .fragments = fragments})) {
                expected[lane].push_back(text);
            }
        }
        expect_balance(egress.ledger());
    }
    wire += egress.send();
    for (std::size_t at = 0; at < wire.size();) {
        const std::size_t end = wire.find('>', at) + 1;
        const auto lane = static_cast<std::size_t>(wire[at + 1] - '0');
        RC_ASSERT(lane < lanes_count && !expected[lane].empty());
        RC_ASSERT(wire.substr(at, end - at) == expected[lane].front());
        expected[lane].pop_front();
        at = end;
    }
    for (const auto& left : expected) {
        RC_ASSERT(left.empty());
    }
}

TEST(TransmitLaneThreads, ProducersThatWaitLoseNothingAndWakeTheLoop) {
    constexpr std::size_t producers_count = 3;
    constexpr std::size_t messages_each = 20'000;
    sync::Parker wake;
    TransmitQueue queue({.policy = EgressPolicy::wait}, [&wake] { wake.unpark_all(); });
    queue.connected();
    std::vector<std::thread> producers;
    for (std::size_t p = 0; p < producers_count; ++p) {
        producers.emplace_back([&queue, p] {
            TransmitLane& lane = queue.open_lane(tiny);
            for (std::size_t i = 0; i < messages_each; ++i) {
                const std::string text = message(p, i, i % 40);
                std::uint64_t prefix = 0;
                std::memcpy(&prefix, text.data(), 4);
                if (!lane.try_write(prefix, 4, bytes_of(text).subspan(4))) {
                    EXPECT_TRUE(lane.push({.body = bytes_of(text)}, never));
                }
            }
            queue.close_lane(lane);
        });
    }
    std::string wire;
    std::vector<std::size_t> next(producers_count, 0);
    std::size_t received = 0;
    std::array<iovec, 8> pieces{};
    while (received < producers_count * messages_each) {
        const sync::Parker::Ticket ticket = wake.prepare();
        const std::size_t used = queue.gather(pieces, 1000);
        if (used == 0 && queue.rest()) {
            wake.park(ticket);  // a wake-up that is lost leaves the test here, until its time-out
            continue;
        }
        wake.cancel();
        std::size_t taken = 0;
        for (const iovec& piece : std::span(pieces).first(used)) {
            wire.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
            taken += piece.iov_len;
        }
        queue.consumed(taken);
        expect_balance(queue.ledger());
        for (std::size_t end = wire.find('>'); end != std::string::npos; end = wire.find('>')) {
            const auto lane = static_cast<std::size_t>(wire[1] - '0');
            const std::size_t number = next[lane]++;
            ASSERT_EQ(wire.substr(0, end + 1), message(lane, number, number % 40));
            wire.erase(0, end + 1);
            ++received;
        }
    }
    for (std::thread& producer : producers) {
        producer.join();
    }
}

TEST(TransmitLaneThreads, StopReachesAProducerInTheMiddle) {
    for (int round = 0; round < 50; ++round) {
        TransmitQueue queue({.policy = EgressPolicy::wait}, [] {});
        queue.connected();
        TransmitLane& lane = queue.open_lane(tiny);
        std::atomic<std::uint64_t> pushed = 0;
        std::thread producer([&] {
            while (lane.push({.body = bytes_of("message")}, never)) {
                ++pushed;
            }
        });
        while (pushed < 3) {
            std::this_thread::yield();
        }
        queue.stop();
        producer.join();
        const EgressLedger ledger = queue.ledger();
        EXPECT_EQ(ledger.accepted.messages, pushed);
        EXPECT_EQ(dropped(ledger, DropReason::stopped).messages, pushed);
        EXPECT_EQ(ledger.queued, messages(0, 0));
    }
}

}  // namespace
}  // namespace sluice::net
