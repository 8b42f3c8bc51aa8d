#include "sluice/sync/parker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "sluice/sys/clock.hpp"

namespace sluice::sync {
namespace {

/// Far beyond any honest wake-up: a test that reaches it has lost one.
SteadyTime far_deadline() {
    return sys::now() + std::chrono::seconds(60);
}

/// Waits until `condition` as the contract of Parker shows; false if a wake-up was lost.
template <typename Condition>
bool wait_until(Parker& parker, Condition condition) {
    while (!condition()) {
        const Parker::Ticket ticket = parker.prepare();
        if (condition()) {
            parker.cancel();
        } else if (!parker.park(ticket, far_deadline())) {
            return false;
        }
    }
    return true;
}

TEST(Parker, UnparkBetweenPrepareAndParkIsNotLost) {
    Parker parker;
    const Parker::Ticket ticket = parker.prepare();
    parker.unpark_all();
    EXPECT_TRUE(parker.park(ticket, far_deadline()));
}

TEST(Parker, UnparkWinsOverADeadlineThatIsOver) {
    Parker parker;
    const Parker::Ticket ticket = parker.prepare();
    parker.unpark_all();
    EXPECT_TRUE(parker.park(ticket, SteadyTime()));
}

TEST(Parker, UnparkBeforePrepareDoesNotCount) {
    Parker parker;
    parker.unpark_all();
    EXPECT_FALSE(parker.park(parker.prepare(), SteadyTime()));
}

TEST(Parker, UnparkBeforeCancelDoesNotCountForTheNextPrepare) {
    Parker parker;
    (void)parker.prepare();
    parker.unpark_all();
    parker.cancel();
    EXPECT_FALSE(parker.park(parker.prepare(), SteadyTime()));
}

TEST(Parker, DeadlineEndsTheSleep) {
    Parker parker;
    EXPECT_FALSE(parker.park(parker.prepare(), sys::now() + std::chrono::milliseconds(1)));
}

TEST(Parker, DeadlineBeforeTheStartOfTheClockEndsTheSleepAtOnce) {
    Parker parker;
    EXPECT_FALSE(parker.park(parker.prepare(), SteadyTime::min()));
}

TEST(Parker, UnparkWakesEverySleeper) {
    Parker parker;
    std::atomic<bool> open{false};
    std::atomic<int> prepared{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            const Parker::Ticket ticket = parker.prepare();
            prepared.fetch_add(1);
            EXPECT_TRUE(open || parker.park(ticket, far_deadline()));
        });
    }
    while (prepared < 4) {
        std::this_thread::yield();
    }
    parker.unpark_all();
    open = true;
    for (std::thread& thread : threads) {
        thread.join();
    }
}

// The condition is a plain release store, so that nothing but the Parker orders it: the hardest
// case of its contract.
TEST(Parker, NoWakeUpIsLostInAPingPong) {
    constexpr int rounds = 50'000;
    Parker ping;
    Parker pong;
    std::atomic<int> served{0};
    std::atomic<int> returned{0};
    std::thread partner([&] {
        for (int round = 1; round <= rounds; ++round) {
            const bool heard =
                wait_until(ping, [&] { return served.load(std::memory_order_acquire) >= round; });
            EXPECT_TRUE(heard) << "round " << round;
            returned.store(heard ? round : rounds, std::memory_order_release);
            pong.unpark_all();
            if (!heard) {
                return;
            }
        }
    });
    for (int round = 1; round <= rounds; ++round) {
        served.store(round, std::memory_order_release);
        ping.unpark_all();
        ASSERT_TRUE(
            wait_until(pong, [&] { return returned.load(std::memory_order_acquire) >= round; }))
            << "round " << round;
    }
    partner.join();
}

// Both threads start each round at the same moment, so that preparing meets unparking: the meeting
// in which a store that is still on its way would lose the wake-up.
TEST(Parker, NoWakeUpIsLostWhenBothSidesMoveAtOnce) {
    constexpr int rounds = 20'000;
    Parker parker;
    std::atomic<int> changed{0};
    std::atomic<int> at_start{0};
    const auto meet = [&](int round) {
        at_start.fetch_add(1);
        for (int spins = 0; at_start < 2 * round; ++spins) {
            if (spins > 1000) {
                std::this_thread::yield();
            }
        }
    };
    std::thread waiter([&] {
        for (int round = 1; round <= rounds; ++round) {
            meet(round);
            const Parker::Ticket ticket = parker.prepare();
            if (changed.load(std::memory_order_acquire) >= round) {
                parker.cancel();
            } else {
                EXPECT_TRUE(parker.park(ticket, far_deadline())) << "round " << round;
            }
        }
    });
    for (int round = 1; round <= rounds; ++round) {
        meet(round);
        changed.store(round, std::memory_order_release);
        parker.unpark_all();
    }
    waiter.join();
}

TEST(Parker, NoWakeUpIsLostAmongManySleepers) {
    constexpr int steps = 5'000;
    constexpr int sleepers = 3;
    Parker parker;
    Parker done;
    std::atomic<int> step{0};
    std::atomic<int> arrived{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < sleepers; ++i) {
        threads.emplace_back([&] {
            for (int next = 1; next <= steps; ++next) {
                EXPECT_TRUE(wait_until(
                    parker, [&] { return step.load(std::memory_order_acquire) >= next; }));
                arrived.fetch_add(1, std::memory_order_release);
                done.unpark_all();
            }
        });
    }
    for (int next = 1; next <= steps; ++next) {
        step.store(next, std::memory_order_release);
        parker.unpark_all();
        EXPECT_TRUE(wait_until(
            done, [&] { return arrived.load(std::memory_order_acquire) >= next * sleepers; }));
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

}  // namespace
}  // namespace sluice::sync
