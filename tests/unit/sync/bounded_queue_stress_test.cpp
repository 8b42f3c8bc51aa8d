// Many threads on one queue: meant for ThreadSanitizer, and a hang here is a lost wake-up.

#include "sluice/sync/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace sluice::sync {
namespace {

struct Numbered {
    std::size_t pusher = 0;
    std::uint64_t number = 0;  ///< Counts from 1 for each pusher.
};

struct ByNumber {
    std::size_t operator()(const Numbered& item) const { return 1 + item.number % 7; }
};

constexpr std::size_t pushers = 3;
constexpr std::size_t poppers = 3;
constexpr std::uint64_t items_each = 6'000;

class Threads {
  public:
    template <typename Body>
    void run(Body body) {
        threads_.emplace_back(std::move(body));
    }
    void join() {
        for (std::thread& thread : threads_) {
            thread.join();
        }
        threads_.clear();
    }

  private:
    std::vector<std::thread> threads_;
};

/// Pushes numbers 1 to items_each, by ones, in batches and with timeouts in turn.
template <typename Queue>
void push_all(Queue& queue, std::size_t pusher) {
    std::uint64_t number = 1;
    while (number <= items_each) {
        if (number % 3 == 0) {
            std::vector<Numbered> batch;
            for (std::uint64_t i = 0; i < 10 && number <= items_each; ++i) {
                batch.push_back({pusher, number++});
            }
            ASSERT_EQ(queue.push_batch(batch).value(), batch.size());
        } else if (number % 3 == 1) {
            ASSERT_TRUE(queue.push({pusher, number++}));
        } else if (queue.push_for({pusher, number}, std::chrono::microseconds(50))) {
            ++number;
        }
    }
}

/// What the poppers saw together, and whether each saw every pusher's numbers rise.
class Seen {
  public:
    Seen() : times_(pushers * items_each) {}

    /// Notes items in the order of one popper, whose highest numbers so far are `last`.
    void note(const Numbered& item, std::vector<std::uint64_t>& last) {
        EXPECT_GT(item.number, last[item.pusher]);
        last[item.pusher] = item.number;
        times_[item.pusher * items_each + item.number - 1].fetch_add(1);
    }

    [[nodiscard]] std::uint64_t how_many_seen(int times) const {
        return static_cast<std::uint64_t>(
            std::count_if(times_.begin(), times_.end(),
                          [times](const std::atomic<int>& seen) { return seen == times; }));
    }

  private:
    std::vector<std::atomic<int>> times_;
};

/// Pops until the queue is closed, by ones, with timeouts and in batches in turn; the gaps it
/// heard.
template <typename Queue>
std::uint64_t pop_all(Queue& queue, Seen& seen) {
    std::vector<std::uint64_t> last(pushers, 0);
    PoppedBatch<Numbered> batch(8);
    std::uint64_t lost = 0;
    for (int turn = 0;; turn = (turn + 1) % 3) {
        Errc why = Errc::timed_out;
        if (turn == 0) {
            const Result<void> popped = queue.pop_batch(batch);
            for (const Numbered& item : batch) {
                seen.note(item, last);
            }
            lost += batch.dropped();
            why = popped ? why : popped.error().code();
        } else {
            const Result<Popped<Numbered>> popped =
                turn == 1 ? queue.pop() : queue.pop_for(std::chrono::microseconds(50));
            if (popped) {
                seen.note(popped->item, last);
                lost += popped->dropped;
            }
            why = popped ? why : popped.error().code();
        }
        if (why == Errc::closed) {
            return lost;
        }
    }
}

/// All pushers against all poppers, then the end; returns how many items the poppers were told of
/// as lost.
template <typename Queue>
std::uint64_t push_and_pop_all(Queue& queue, Seen& seen) {
    Threads pushing;
    Threads popping;
    std::atomic<std::uint64_t> lost{0};
    for (std::size_t i = 0; i < poppers; ++i) {
        popping.run([&] { lost += pop_all(queue, seen); });
    }
    for (std::size_t pusher = 0; pusher < pushers; ++pusher) {
        pushing.run([&, pusher] { push_all(queue, pusher); });
    }
    pushing.join();
    queue.close();
    popping.join();
    return lost;
}

TEST(BoundedQueueStress, NothingIsLostOrDoubledAndEveryPushersOrderIsKept) {
    BoundedQueue<Numbered, WaitForRoom, ByNumber> queue({.items = 12, .weight = 30});
    Seen seen;
    const std::uint64_t lost = push_and_pop_all(queue, seen);
    EXPECT_EQ(seen.how_many_seen(1), pushers * items_each);
    EXPECT_EQ(lost, 0u);
    EXPECT_LE(queue.statistics().depth_max, 12u);
    EXPECT_EQ(queue.statistics().weight, 0u);
}

TEST(BoundedQueueStress, WhatWasDroppedIsToldToThePoppersOnce) {
    BoundedQueue<Numbered, DropOldest, ByNumber> queue({.items = 12, .weight = 30});
    Seen seen;
    const std::uint64_t lost = push_and_pop_all(queue, seen);
    EXPECT_EQ(seen.how_many_seen(0), lost);
    EXPECT_EQ(seen.how_many_seen(1), pushers * items_each - lost);
    EXPECT_EQ(queue.statistics().dropped, lost);
}

TEST(BoundedQueueStress, OnePusherAndOnePopperSeeExactGaps) {
    BoundedQueue<Numbered, DropOldest> queue({.items = 4});
    std::thread pusher([&] {
        push_all(queue, 0);
        queue.close();
    });
    std::uint64_t last = 0;
    for (auto next = queue.pop(); next; next = queue.pop()) {
        ASSERT_EQ(next->dropped, next->item.number - last - 1);
        last = next->item.number;
    }
    pusher.join();
    EXPECT_EQ(last, items_each);
}

TEST(BoundedQueueStress, LedgerIsExactAtEveryLook) {
    BoundedQueue<Numbered, DropNewest> queue({.items = 4});
    std::atomic<bool> looking{true};
    std::thread auditor([&] {
        while (looking) {
            const QueueStatistics now = queue.statistics();
            ASSERT_EQ(now.pushed, now.popped + now.dropped + now.depth);
        }
    });
    Seen seen;
    Threads threads;
    threads.run([&] { (void)pop_all(queue, seen); });
    push_all(queue, 0);
    queue.close();
    threads.join();
    looking = false;
    auditor.join();
}

TEST(BoundedQueueStress, CloseReachesEveryWaitWheneverItComes) {
    for (int round = 0; round < 300; ++round) {
        BoundedQueue<int> queue({.items = 1});
        Threads threads;
        std::atomic<std::uint64_t> pushed{0};
        std::atomic<std::uint64_t> popped{0};
        for (int i = 0; i < 2; ++i) {
            threads.run([&] {
                while (queue.push(1)) {
                    ++pushed;
                }
            });
            threads.run([&] {
                while (queue.pop()) {
                    ++popped;
                }
            });
        }
        while (popped < static_cast<std::uint64_t>(round % 5)) {
            std::this_thread::yield();
        }
        queue.close();
        threads.join();
        ASSERT_EQ(pushed, popped);
    }
}

// An event loop's way of popping: it sleeps until on_ready and then pops until nothing is left.
TEST(BoundedQueueStress, OnReadyLosesNoWakeUp) {
    Parker parker;
    std::atomic<std::uint64_t> calls{0};
    BoundedQueue<Numbered> queue({.items = 4}, [&] {
        calls.fetch_add(1);
        parker.unpark_all();
    });
    std::thread pusher([&] {
        push_all(queue, 0);
        queue.close();
    });
    std::uint64_t popped = 0;
    for (bool open = true; open;) {
        const std::uint64_t calls_before = calls;
        auto next = queue.try_pop();
        for (; next; next = queue.try_pop()) {
            ++popped;
        }
        open = next.error().code() != Errc::closed;
        while (open && calls == calls_before) {
            const Parker::Ticket ticket = parker.prepare();
            if (calls != calls_before) {
                parker.cancel();
            } else {
                parker.park(ticket);
            }
        }
    }
    pusher.join();
    EXPECT_EQ(popped, items_each);
}

}  // namespace
}  // namespace sluice::sync
