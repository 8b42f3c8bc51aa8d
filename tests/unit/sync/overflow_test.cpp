#include "sluice/sync/overflow.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "tests/unit/sync/queue_verbs.hpp"

namespace sluice::sync {
namespace {

TEST(DropOldest, KeepsTheLastAndTellsTheGapBeforeThem) {
    BoundedQueue<std::string, DropOldest> queue({.items = 2});
    push_letters(queue, "abcde");
    expect_ledger(queue, 5, 0, 3);
    EXPECT_EQ(drain(queue), "-3 d e ");
    push_letters(queue, "f");
    EXPECT_EQ(drain(queue), "f ");
    expect_ledger(queue, 6, 3, 3);
}

TEST(DropOldest, HeavyItemPushesOutAsManyAsItNeeds) {
    BoundedQueue<std::string, DropOldest, ByLength> queue({.items = 40, .weight = 40});
    push_letters(queue, std::string(40, 'a'));
    ASSERT_TRUE(queue.try_push(std::string(38, 'h')));
    expect_ledger(queue, 41, 0, 38);
    EXPECT_EQ(queue.statistics().weight, 40u);
    EXPECT_EQ(drain(queue), "-38 a a " + std::string(38, 'h') + " ");
}

TEST(DropOldest, BatchLargerThanTheQueueKeepsItsEnd) {
    BoundedQueue<std::string, DropOldest> queue({.items = 2});
    std::array<std::string, 20> items;
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i] = std::to_string(i);
    }
    EXPECT_EQ(queue.try_push_batch(items).value(), 20u);
    EXPECT_EQ(drain(queue), "-18 18 19 ");
}

TEST(DropNewest, KeepsTheFirstAndTellsTheGapAfterThem) {
    BoundedQueue<std::string, DropNewest> queue({.items = 2});
    push_letters(queue, "abcd");
    expect_ledger(queue, 4, 0, 2);
    EXPECT_EQ(queue.try_pop()->item, "a");
    push_letters(queue, "e");
    EXPECT_EQ(drain(queue), "b -2 e ");
    expect_ledger(queue, 5, 3, 2);
}

TEST(DropNewest, ABatchEndsAtTheGap) {
    BoundedQueue<std::string, DropNewest> queue({.items = 3});
    PoppedBatch<std::string> batch(8);
    push_letters(queue, "abcd");
    (void)queue.try_pop();
    push_letters(queue, "e");
    ASSERT_TRUE(queue.try_pop_batch(batch));
    EXPECT_EQ(batch.size(), 2u);
    EXPECT_EQ(batch.dropped(), 0u);
    ASSERT_TRUE(queue.try_pop_batch(batch));
    EXPECT_EQ(batch[0], "e");
    EXPECT_EQ(batch.dropped(), 1u);
}

TEST(KeepLatest, HoldsOnlyTheLastWhateverTheLimits) {
    BoundedQueue<std::string, KeepLatest> queue({.items = 8});
    push_letters(queue, "abc");
    EXPECT_EQ(queue.statistics().depth_max, 1u);
    EXPECT_EQ(drain(queue), "-2 c ");
    expect_ledger(queue, 3, 1, 2);
}

TEST(Overflow, TooLargeIsRefusedWithoutDroppingOthers) {
    BoundedQueue<std::string, DropOldest, ByLength> queue({.items = 8, .weight = 4});
    push_letters(queue, "a");
    EXPECT_EQ(queue.try_push("12345").error().code(), Errc::too_large);
    EXPECT_EQ(drain(queue), "a ");
}

/// Uses its queue while it is destroyed, which would never end under the queue's lock.
struct Watcher {
    using Queue = BoundedQueue<std::unique_ptr<Watcher>, DropOldest>;
    explicit Watcher(const Queue& watched) : queue(watched) {}
    ~Watcher() { (void)queue.statistics(); }
    const Queue& queue;
};

TEST(Overflow, DroppedItemsAreDestroyedOutsideTheLock) {
    Watcher::Queue queue({.items = 2});
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(queue.try_push(std::make_unique<Watcher>(queue)));
    }
    PoppedBatch<std::unique_ptr<Watcher>> batch(2);
    ASSERT_TRUE(queue.try_pop_batch(batch));
    EXPECT_FALSE(queue.try_pop_batch(batch));
}

/// The last text of each first letter: a new one takes the place of the old at the end.
struct LatestOfEachLetter {
    Verdict operator()(const QueueView<std::string>& queued, const std::string& arriving) const {
        for (std::size_t i = 0; i < queued.size(); ++i) {
            if (queued[i][0] == arriving[0]) {
                return Verdict::drop_queued(i);
            }
        }
        return queued.has_room() ? Verdict::enter() : Verdict::wait();
    }
};

TEST(Overflow, OwnPolicyMayDropFromTheMiddle) {
    BoundedQueue<std::string, LatestOfEachLetter> queue({.items = 3});
    for (const char* text : {"a1", "b1", "c1", "b2"}) {
        ASSERT_TRUE(queue.try_push(text));
    }
    EXPECT_EQ(queue.try_push("d1").error().code(), Errc::would_block);
    EXPECT_EQ(drain(queue), "a1 -1 c1 b2 ");
}

TEST(Overflow, DroppingTheNewestQueuedItemTellsTheGapBeforeTheNext) {
    BoundedQueue<std::string, LatestOfEachLetter> queue({.items = 3});
    for (const char* text : {"a1", "b1", "b2", "b3"}) {
        ASSERT_TRUE(queue.try_push(text));
    }
    EXPECT_EQ(drain(queue), "a1 -2 b3 ");
}

/// Everything waits while the queue holds something, but "clear" empties it and vanishes. Counts
/// how often it said to wait.
struct Clearing {
    Verdict operator()(const QueueView<std::string>& queued, const std::string& arriving) const {
        if (arriving == "clear") {
            return queued.empty() ? Verdict::drop_arriving() : Verdict::drop_queued(0);
        }
        if (queued.empty()) {
            return Verdict::enter();
        }
        ++*waits;
        return Verdict::wait();
    }
    std::atomic<int>* waits;
};

TEST(Overflow, RoomMadeByAPolicyWakesWaitingPushers) {
    std::atomic<int> waits{0};
    BoundedQueue<std::string, Clearing> queue({.items = 1}, {}, Clearing{&waits});
    ASSERT_TRUE(queue.try_push("a"));
    std::thread pusher([&] { EXPECT_TRUE(queue.push("b")); });
    // The second refusal comes after the pusher has announced that it will sleep.
    while (waits < 2) {
        std::this_thread::yield();
    }
    ASSERT_TRUE(queue.try_push("clear"));
    pusher.join();
    EXPECT_EQ(drain(queue), "-2 b ");
}

/// Its state is its own: lets every second item in.
struct EverySecond {
    Verdict operator()(const QueueView<std::string>& queued, const std::string&) {
        odd = !odd;
        return odd && queued.has_room() ? Verdict::enter() : Verdict::drop_arriving();
    }
    bool odd = false;
};

TEST(Overflow, OwnPolicyMayHaveState) {
    BoundedQueue<std::string, EverySecond> queue({.items = 8});
    push_letters(queue, "abcde");
    EXPECT_EQ(drain(queue), "a -1 c -1 e ");
}

struct AlwaysEnter {
    Verdict operator()(const QueueView<int>&, int) const { return Verdict::enter(); }
};

struct DropsWhatIsNotThere {
    Verdict operator()(const QueueView<int>&, int) const { return Verdict::drop_queued(0); }
};

TEST(OverflowDeathTest, EnteringWithoutRoomIsABug) {
    BoundedQueue<int, AlwaysEnter> queue({.items = 1});
    ASSERT_TRUE(queue.try_push(1));
    EXPECT_DEATH((void)queue.try_push(2), "only while there is room");
}

TEST(OverflowDeathTest, DroppingWhatIsNotQueuedIsABug) {
    BoundedQueue<int, DropsWhatIsNotThere> queue({.items = 1});
    EXPECT_DEATH((void)queue.try_push(1), "an item that is queued");
}

}  // namespace
}  // namespace sluice::sync
