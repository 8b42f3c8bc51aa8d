#include "sluice/buffers/buffer_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "sluice/buffers/receive_buffer.hpp"
#include "unit/buffers/pool_fixture.hpp"

namespace sluice {
namespace {

using test::pool_of;
using test::slab_b;
using test::slab_capacity;

/// Sleeps until the pool says that memory came back.
class SleepingWaiter final : public MemoryWaiter {
  public:
    void memory_available() noexcept override {
        const std::lock_guard lock(mutex_);
        ++calls_;
        changed_.notify_one();
    }
    void sleep() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return calls_ != seen_; });
        seen_ = calls_;
    }
    int calls() {
        const std::lock_guard lock(mutex_);
        return calls_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int calls_ = 0;
    int seen_ = 0;
};

/// A thread that checks Buffers and drops them.
class Consumer {
  public:
    Consumer() : thread_([this] { run(); }) {}
    ~Consumer() {
        push({});
        thread_.join();
    }
    /// An empty Buffer ends the thread.
    void push(Buffer buffer) {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(buffer));
        changed_.notify_one();
    }

  private:
    void run() {
        for (;;) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return !queue_.empty(); });
            const Buffer buffer = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            if (buffer.empty()) {
                return;
            }
            const std::byte first = buffer.bytes().front();
            for (const std::byte one : buffer.bytes()) {
                EXPECT_EQ(one, first);
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Buffer> queue_;
    std::thread thread_;
};

TEST(BufferPoolThreads, ABlockDroppedByAnotherThreadIsHandedOutAgain) {
    BufferPool pool(pool_of(4));
    Buffer slab = *pool.acquire_slab();
    const std::byte* const address = slab.data();
    std::thread([moved = std::move(slab)]() mutable { moved.reset(); }).join();
    EXPECT_EQ(pool.statistics().blocks, 0u);
    EXPECT_EQ(pool.acquire_slab()->data(), address);
}

TEST(BufferPoolThreads, OneReceivesAndSeveralDropWithoutLossOrDamage) {
    BufferPool pool(pool_of(4));
    {
        ReceiveBuffer receiver(pool, 1000);
        BufferAccount accounts[2] = {*pool.open_account(slab_b), *pool.open_account(2 * slab_b)};
        SleepingWaiter waiter;
        Consumer consumers[3];
        for (unsigned i = 0; i < 3000; ++i) {
            BufferAccount& account = accounts[i % 2];
            while (!pool.has_room(account)) {
                pool.wait_for_account(waiter, account);
                waiter.sleep();
            }
            Result<std::span<std::byte>> offered = receiver.writable(account);
            while (!offered) {
                pool.wait_for_memory(waiter, slab_capacity);
                waiter.sleep();
                offered = receiver.writable(account);
            }
            const std::size_t size = 1 + i * 97 % 1000;
            std::ranges::fill(offered->first(size), static_cast<std::byte>(i));
            const Buffer packet =
                i % 5 == 0 ? receiver.take_copy(size, account) : receiver.take(size, account);
            for (Consumer& consumer : consumers) {
                consumer.push(packet.share());
            }
        }
    }
    EXPECT_EQ(pool.statistics().used_b, 0u);
    EXPECT_LE(pool.statistics().mapped_b, pool.statistics().size_b);
}

TEST(BufferPoolThreads, AllThreadsAcquireAndDropEverySize) {
    BufferPool pool(pool_of(8));
    std::vector<std::thread> threads;
    for (unsigned number = 0; number < 4; ++number) {
        threads.emplace_back([&pool, number] {
            SleepingWaiter waiter;
            std::size_t size = number;
            for (int i = 0; i < 1000; ++i) {
                size = (size * 1103 + 12345) % (3 * slab_b);
                Result<Buffer> buffer = pool.acquire(size);
                while (!buffer) {
                    pool.wait_for_memory(waiter, size);
                    waiter.sleep();
                    buffer = pool.acquire(size);
                }
                // The ends are where blocks that overlap would meet.
                const std::span<std::byte> bytes = buffer->writable();
                const std::span<std::byte> front = bytes.first(std::min<std::size_t>(size, 64));
                const std::span<std::byte> back = bytes.last(front.size());
                const auto mark = static_cast<std::byte>(number);
                std::ranges::fill(front, mark);
                std::ranges::fill(back, mark);
                std::this_thread::yield();
                const auto is_mine = [mark](std::byte one) { return one == mark; };
                EXPECT_TRUE(std::ranges::all_of(front, is_mine));
                EXPECT_TRUE(std::ranges::all_of(back, is_mine));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(pool.statistics().used_b, 0u);
}

TEST(BufferPoolThreads, AWaiterIsCalledOnceOrCancelledButNeverAfterwards) {
    BufferPool pool(pool_of(4));
    std::atomic<bool> stop{false};
    std::vector<Buffer> slabs = test::take_all_slabs(pool);
    std::thread returning([&] {
        while (!stop) {
            slabs.pop_back();
            while (slabs.size() < 4) {
                if (Result<Buffer> slab = pool.acquire_slab()) {
                    slabs.push_back(*std::move(slab));
                }
            }
        }
    });
    for (int i = 0; i < 5000; ++i) {
        auto waiter = std::make_unique<SleepingWaiter>();
        pool.wait_for_memory(*waiter, slab_capacity);
        pool.cancel_wait(*waiter);
        EXPECT_LE(waiter->calls(), 1);
    }
    stop = true;
    returning.join();
}

/// Notes the thread on which the memory came back.
void note_thread(void* context, std::span<const std::byte>) noexcept {
    *static_cast<std::thread::id*>(context) = std::this_thread::get_id();
}

TEST(BufferPoolThreads, LentMemoryComesBackOnTheThreadThatDropsItLast) {
    BufferPool pool(pool_of(4));
    std::thread::id returned_on;
    Buffer buffer = *pool.wrap(test::as_bytes("lent"), note_thread, &returned_on);
    std::thread other([moved = std::move(buffer)]() mutable { moved.reset(); });
    const std::thread::id expected = other.get_id();
    other.join();
    EXPECT_EQ(returned_on, expected);
}

}  // namespace
}  // namespace sluice
