/// What the tests of queues of texts say again and again.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "sluice/sync/bounded_queue.hpp"

namespace sluice::sync {

struct ByLength {
    std::size_t operator()(const std::string& text) const { return text.size(); }
};

/// Pushes each letter as a text of its own.
template <typename Queue>
void push_letters(Queue& queue, const std::string& letters) {
    for (const char letter : letters) {
        ASSERT_TRUE(queue.push(std::string(1, letter)));
    }
}

/// Pops all there is; "-n" stands where n items were dropped.
template <typename Queue>
std::string drain(Queue& queue) {
    std::string all;
    for (auto next = queue.try_pop(); next; next = queue.try_pop()) {
        all += next->dropped > 0 ? "-" + std::to_string(next->dropped) + " " : "";
        all += next->item + " ";
    }
    return all;
}

template <typename Queue>
void expect_ledger(const Queue& queue, std::uint64_t pushed, std::uint64_t popped,
                   std::uint64_t dropped) {
    const QueueStatistics now = queue.statistics();
    EXPECT_EQ(now.pushed, pushed);
    EXPECT_EQ(now.popped, popped);
    EXPECT_EQ(now.dropped, dropped);
    EXPECT_EQ(now.pushed, now.popped + now.dropped + now.depth);
}

}  // namespace sluice::sync
