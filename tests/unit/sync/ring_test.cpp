#include "sluice/sync/ring.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace sluice::sync {
namespace {

TEST(Ring, GivesItemsBackInOrderAcrossItsEnd) {
    Ring<int> ring(3);
    int next = 0;
    for (int i = 0; i < 10; ++i) {
        ring.push_back(int(i));
        if (ring.full()) {
            EXPECT_EQ(ring.take(), next++);
        }
    }
    EXPECT_EQ(ring.size(), 2u);
    EXPECT_EQ(ring[0], 8);
    EXPECT_EQ(ring[1], 9);
}

TEST(Ring, TakesFromTheMiddleAndKeepsTheOrder) {
    for (std::size_t turn = 0; turn < 4; ++turn) {
        Ring<int> ring(4);
        for (std::size_t i = 0; i < turn; ++i) {
            ring.push_back(-1);
            (void)ring.take();
        }
        for (int i = 0; i < 4; ++i) {
            ring.push_back(int(i));
        }
        EXPECT_EQ(ring.take(2), 2);
        EXPECT_EQ(ring.size(), 3u);
        EXPECT_EQ(ring.take(), 0);
        EXPECT_EQ(ring.take(1), 3);
        EXPECT_EQ(ring.take(), 1);
        EXPECT_TRUE(ring.empty());
    }
}

/// Moving it leaves the original alive, so that only its destruction lets go.
struct Holder {
    explicit Holder(std::shared_ptr<int> what) : held(std::move(what)) {}
    Holder(const Holder& other) noexcept = default;
    Holder& operator=(const Holder&) = delete;
    std::shared_ptr<int> held;
};

TEST(Ring, KeepsNothingOfWhatWasTaken) {
    const auto shared = std::make_shared<int>(1);
    Ring<Holder> ring(3);
    for (int i = 0; i < 3; ++i) {
        ring.push_back(Holder(shared));
    }
    (void)ring.take(1);
    EXPECT_EQ(shared.use_count(), 3);
    (void)ring.take();
    EXPECT_EQ(shared.use_count(), 2);
}

TEST(Ring, KeepsTheOrderWhenItGrows) {
    for (int taken = 0; taken <= 5; ++taken) {
        Ring<int> ring(20, Allocate::as_needed);  // by way of 5
        int next = 0;
        while (ring.size() < 5) {
            ring.push_back(int(next++));
        }
        for (int i = 0; i < taken; ++i) {
            EXPECT_EQ(ring.take(), i);
        }
        while (!ring.full()) {
            ring.push_back(int(next++));
        }
        for (int i = 0; i < 20; ++i) {
            EXPECT_EQ(ring[static_cast<std::size_t>(i)], taken + i);
        }
    }
}

TEST(Ring, LetsGoOfNothingTwiceWhenItGrows) {
    const auto shared = std::make_shared<int>(1);
    Ring<Holder> ring(9, Allocate::as_needed);
    for (int i = 0; i < 9; ++i) {
        ring.push_back(Holder(shared));
        EXPECT_EQ(shared.use_count(), i + 2);
    }
}

TEST(SizeToGrowTo, IsTheLeastStepThatIsEnough) {
    EXPECT_EQ(size_to_grow_to(1, 1000), 3u);
    EXPECT_EQ(size_to_grow_to(3, 1000), 3u);
    EXPECT_EQ(size_to_grow_to(4, 1000), 15u);
    EXPECT_EQ(size_to_grow_to(63, 1000), 250u);
    EXPECT_EQ(size_to_grow_to(251, 1000), 1000u);
    EXPECT_EQ(size_to_grow_to(1000, 1000), 1000u);
    EXPECT_EQ(size_to_grow_to(1, 1), 1u);
}

TEST(RingDeathTest, RefusesToOverflow) {
    Ring<int> ring(1);
    ring.push_back(1);
    EXPECT_DEATH(ring.push_back(2), "push_back into a full Ring");
}

TEST(RingDeathTest, RefusesAnIndexBeyondItsItems) {
    Ring<int> ring(2);
    ring.push_back(1);
    EXPECT_DEATH((void)ring[1], "index is below its size");
}

}  // namespace
}  // namespace sluice::sync
