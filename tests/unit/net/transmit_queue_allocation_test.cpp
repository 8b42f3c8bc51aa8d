// A program of its own, because it replaces operator new.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "sluice/net/transmit_queue.hpp"
#include "support/count_allocations.hpp"
#include "tests/unit/net/egress_verbs.hpp"

namespace sluice::net {
namespace {

constexpr EgressOptions options{
    .policy = EgressPolicy::wait, .buffer_size_b = std::size_t{1024} * 1024, .copy_below_b = 1024};
/// The state of a queue without its messages, and what the allocator rounds up.
constexpr std::size_t state_b_max = 1024;

/// A queue without a wire. Its verbs allocate nothing.
class Queue {
  public:
    Queue() { queue_.connected(); }

    Result<void> push(std::string_view message) { return queue_.try_push_copy(bytes_of(message)); }
    void fill(std::string_view message) {
        while (push(message)) {
        }
    }
    /// Each message has a copied head and a reference behind it.
    void fill(std::string_view head, const Buffer& body) {
        while (queue_.try_push(bytes_of(head), std::span(&body, 1))) {
        }
    }
    void send(std::size_t bytes_max) {
        std::size_t bytes = std::min<std::size_t>(bytes_max, queue_.ledger().queued.bytes);
        std::array<iovec, 64> pieces;
        while (bytes > 0) {
            std::size_t sent = 0;
            const std::size_t used = queue_.gather(pieces, bytes);
            for (const iovec& piece : std::span(pieces).first(used)) {
                sent += piece.iov_len;
            }
            queue_.consumed(sent);
            bytes -= sent;
        }
    }
    void send_all() { send(options.buffer_size_b); }

  private:
    TransmitQueue queue_{options, [] {}};
};

/// What was allocated at most since the begin, more than then.
class Peak {
  public:
    Peak() { test::allocated_b_max = before_b_; }
    [[nodiscard]] std::size_t bytes() const { return test::allocated_b_max - before_b_; }

  private:
    const std::size_t before_b_ = test::allocated_b;
};

TEST(TransmitQueueAllocation, OneThatHoldsLittleIsSmall) {
    const std::string message(64, 'm');
    const Peak peak;
    Queue queue;
    for (int i = 0; i < 100'000; ++i) {
        ASSERT_TRUE(queue.push(message));
        queue.send_all();
    }
    EXPECT_LT(peak.bytes(), state_b_max);
}

TEST(TransmitQueueAllocation, TakesNoMoreThanItsWorstCase) {
    for (std::size_t message_b = 1; message_b <= options.buffer_size_b; message_b *= 2) {
        const std::string message(message_b, 'm');
        const Peak peak;
        Queue queue;
        queue.fill(message);
        queue.send(options.buffer_size_b / 16);  // and keeps what it grew out of
        queue.fill(message);
        EXPECT_LT(peak.bytes(), memory_b(options) + state_b_max) << message_b;
    }
}

TEST(TransmitQueueAllocation, TakesNoMoreThanItsWorstCaseWithReferences) {
    BufferPool pool;
    const Buffer body = *pool.acquire(options.copy_below_b);
    const Peak peak;
    Queue queue;
    queue.fill("", body);
    queue.send_all();
    queue.fill("a head", body);
    EXPECT_LT(peak.bytes(), memory_b(options) + state_b_max);
}

TEST(TransmitQueueAllocation, GrowsInAFewSteps) {
    const std::string message(64, 'm');
    Queue queue;
    const std::uint64_t before = test::allocations;
    queue.fill(message);
    EXPECT_LT(test::allocations - before, 40u);
}

TEST(TransmitQueueAllocation, NoneOnceItHasHeldAsMuch) {
    BufferPool pool;
    const Buffer body = *pool.acquire(options.copy_below_b);
    const std::string message(64, 'm');
    Queue queue;
    std::uint64_t before = 0;
    for (int i = 0; i < 5; ++i) {
        before = i == 1 ? test::allocations.load() : before;
        queue.fill(message);
        queue.send(options.buffer_size_b / 2);
        queue.fill("a head", body);
        queue.send_all();
    }
    EXPECT_EQ(test::allocations - before, 0u);
}

}  // namespace
}  // namespace sluice::net
