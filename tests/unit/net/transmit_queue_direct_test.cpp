// Threads that push and write to the socket themselves.
#include <sys/socket.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "sluice/net/transmit_queue.hpp"
#include "sluice/sync/parker.hpp"
#include "sluice/sys/socket.hpp"
#include "tests/support/pipe.hpp"
#include "tests/unit/net/egress_verbs.hpp"

namespace sluice::net {
namespace {

constexpr EgressOptions direct{.policy = EgressPolicy::wait, .direct_writes = true};

/// Two ends of a connection; what comes out of it is read without waiting.
class Connection {
  public:
    Connection() {
        std::array<int, 2> ends{};
        SLUICE_CHECK(
            ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0,
            "socketpair");
        near = sys::Descriptor(ends[0]);
        far.read_end = sys::Descriptor(ends[1]);
    }

    sys::Descriptor near;
    test::Pipe far;
};

/// On a thread that is not the loop's.
template <typename Function>
void elsewhere(Function function) {
    std::thread(std::move(function)).join();
}

class DirectWrites : public testing::Test {
  protected:
    DirectWrites() {
        egress.connect();
        egress.queue.attach(connection.near);
        EXPECT_TRUE(egress.queue.rest());
    }
    ~DirectWrites() override { egress.queue.detach(); }

    void push_elsewhere(std::string_view text) {
        elsewhere([&] { EXPECT_TRUE(egress.push(text)); });
    }
    /// What the loop does with its turn: sends all that waits, or as much as the kernel takes.
    void turn() {
        std::array<iovec, 16> pieces{};
        ASSERT_TRUE(egress.queue.begin_sending());
        while (const std::size_t count = egress.queue.gather(pieces, 1U << 20U)) {
            const sys::IoResult sent = sys::send(connection.near, std::span(pieces).first(count));
            egress.queue.consumed(sent.bytes);
            if (sent.status != sys::IoStatus::done) {
                break;
            }
        }
        egress.queue.end_sending();
    }

    Connection connection;
    Egress egress{direct};
};

TEST_F(DirectWrites, PusherWritesToAnIdleConnection) {
    push_elsewhere("shared");
    EXPECT_EQ(connection.far.take(), "shared");
    EXPECT_EQ(egress.works, 0);
    EXPECT_EQ(egress.ledger().sent, messages(1, 6));
    EXPECT_EQ(egress.queue.taken_bytes(), 6U);
    EXPECT_TRUE(egress.queue.wait_empty());
}

TEST_F(DirectWrites, ProducerOfALaneWritesAndStillWakesTheLoopAfterwards) {
    TransmitLane& lane = egress.queue.open_lane({});
    elsewhere([&] { EXPECT_TRUE(lane.try_write(0x6e616c, 3, bytes_of("e's"))); });
    EXPECT_EQ(connection.far.take(), "lane's");
    EXPECT_EQ(egress.works, 0);
    EXPECT_EQ(egress.ledger().sent, messages(1, 6));
    // The loop was not asked to do anything: it sleeps, and must be woken by what it has to do.
    ASSERT_TRUE(egress.queue.begin_sending());
    elsewhere([&] { EXPECT_TRUE(lane.try_push({.body = bytes_of("next")})); });
    egress.queue.end_sending();
    EXPECT_EQ(egress.works, 1);
    turn();
    EXPECT_EQ(connection.far.take(), "next");
}

TEST_F(DirectWrites, WhoFindsTheLoopSendingLeavesItToTheLoop) {
    ASSERT_TRUE(egress.queue.begin_sending());
    push_elsewhere("late");
    EXPECT_EQ(connection.far.take(), "");
    EXPECT_EQ(egress.works, 1);
    egress.queue.end_sending();
    turn();
    EXPECT_EQ(connection.far.take(), "late");
}

TEST_F(DirectWrites, RemainderIsTheLoops) {
    const int small = 4096;
    ::setsockopt(connection.near.number(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    const std::string large(60'000, 'x');
    push_elsewhere(large);
    EXPECT_EQ(egress.works, 1);
    std::string received = connection.far.take();
    EXPECT_GT(received.size(), 0U);
    EXPECT_LT(received.size(), large.size());
    EXPECT_EQ(egress.ledger().queued, messages(1, large.size()));
    while (!egress.queue.empty()) {
        turn();
        received += connection.far.take();
    }
    EXPECT_EQ(received, large);
    EXPECT_EQ(egress.ledger().sent, messages(1, large.size()));
}

TEST_F(DirectWrites, FailureIsToldToTheLoopOnceAndNothingIsLost) {
    connection.far.read_end.close();
    push_elsewhere("unsent");
    EXPECT_EQ(egress.works, 1);
    EXPECT_EQ(errc_from_errno(egress.queue.take_failure()), Errc::connection_reset);
    EXPECT_EQ(egress.queue.take_failure(), 0);
    EXPECT_EQ(egress.ledger().queued, messages(1, 6));
}

TEST_F(DirectWrites, NobodyWritesAfterDetach) {
    egress.queue.detach();
    push_elsewhere("later");
    EXPECT_EQ(connection.far.take(), "");
    EXPECT_EQ(egress.works, 1);
}

TEST_F(DirectWrites, NobodyWritesOnceTheConnectionIsLost) {
    egress.lose();
    push_elsewhere("later");
    EXPECT_EQ(connection.far.take(), "");
    EXPECT_EQ(egress.ledger().queued, messages(1, 5));
}

TEST_F(DirectWrites, OwnerOfAFragmentMayPushAndTakeTheToken) {
    const auto on_release = [](void* owner, std::span<const std::byte>) noexcept {
        TransmitQueue& queue = *static_cast<TransmitQueue*>(owner);
        EXPECT_TRUE(queue.begin_sending()) << "it is free again";
        queue.end_sending();
        EXPECT_TRUE(queue.try_push_copy(bytes_of("next")));
    };
    const std::string lent(5000, 'x');
    elsewhere([&] {
        std::array fragments{*egress.pool.wrap(bytes_of(lent), on_release, &egress.queue)};
        EXPECT_TRUE(egress.queue.try_push(fragments));
    });
    turn();
    EXPECT_EQ(connection.far.take(), lent + "next");
}

TEST(DirectWritesOff, PusherWakesTheLoop) {
    Connection connection;
    Egress egress({.policy = EgressPolicy::wait});
    egress.connect();
    egress.queue.attach(connection.near);
    elsewhere([&] { EXPECT_TRUE(egress.push("text")); });
    EXPECT_EQ(connection.far.take(), "");
    EXPECT_EQ(egress.works, 1);
}

/// A loop that comes while somebody writes goes on with other work, and is called back.
TEST(DirectWritesThreads, LoopThatAskedForTheTokenIsWokenWhenItIsBack) {
    Connection connection;
    Egress egress(direct);
    egress.connect();
    egress.queue.attach(connection.near);
    std::atomic<int> wanted = 0;
    std::atomic<int> pushed = 0;
    std::thread producer([&] {
        while (wanted >= 0) {
            if (pushed < wanted) {
                EXPECT_TRUE(egress.queue.try_push_copy(bytes_of("message")));
                ++pushed;
            }
        }
    });
    for (int asked = 0; asked < 3;) {
        const int works_before = egress.works;
        ++wanted;
        bool was_lent = false;
        while (pushed < wanted && !was_lent) {
            was_lent = !egress.queue.begin_sending();
            if (!was_lent) {
                egress.queue.end_sending();
            }
            std::this_thread::yield();
        }
        while (pushed < wanted) {
            std::this_thread::yield();
        }
        if (was_lent) {
            EXPECT_GT(egress.works, works_before);
            ++asked;
        }
        static_cast<void>(egress.send());  // what the producer left to the loop
        static_cast<void>(connection.far.take());
    }
    wanted = -1;
    producer.join();
    egress.queue.detach();
}

/// Whole messages in the order of each producer: a letter for it, a number, and a full stop.
class Messages {
  public:
    static std::string text(std::size_t producer, int number) {
        return std::string(1, static_cast<char>('a' + producer)) + std::to_string(number) + ".";
    }
    void check(std::string_view received) {
        wire_ += received;
        std::size_t begin = 0;
        for (std::size_t end = 0; (end = wire_.find('.', begin)) != std::string::npos;) {
            const auto producer = static_cast<std::size_t>(wire_[begin] - 'a');
            ASSERT_LT(producer, next_.size());
            ASSERT_EQ(wire_.substr(begin, end + 1 - begin), text(producer, next_[producer]++));
            begin = end + 1;
            ++count;
        }
        wire_.erase(0, begin);
    }

    std::size_t count = 0;

  private:
    std::string wire_;
    std::array<int, 3> next_{};
};

/// A wake-up that is lost leaves the producers waiting, until the test's time-out.
TEST(DirectWritesThreads, ProducersAndTheLoopSendEveryMessageWholeAndInOrder) {
    constexpr std::size_t producers_count = 3;
    constexpr int messages_each = 5'000;
    Connection connection;
    sync::Parker wake;
    std::atomic<bool> is_over = false;
    TransmitQueue queue(direct, [&wake] { wake.unpark_all(); });
    std::thread loop([&] {
        queue.connected();
        queue.attach(connection.near);
        std::array<iovec, 8> pieces{};
        while (!is_over) {
            const sync::Parker::Ticket ticket = wake.prepare();
            bool may_sleep = true;  // also without the token: it is told when that is back
            if (queue.begin_sending()) {
                if (const std::size_t used = queue.gather(pieces, 1000)) {
                    queue.consumed(sys::send(connection.near, std::span(pieces).first(used)).bytes);
                    may_sleep = false;
                } else {
                    may_sleep = queue.rest();
                }
                queue.end_sending();
            }
            if (may_sleep && !is_over) {
                wake.park(ticket);
            } else {
                wake.cancel();
            }
        }
        queue.detach();
    });
    std::vector<std::thread> producers;
    for (std::size_t p = 0; p < producers_count; ++p) {
        producers.emplace_back([&queue, p] {
            TransmitLane& lane = queue.open_lane({});
            for (int i = 0; i < messages_each; ++i) {
                const std::string text = Messages::text(p, i);
                EXPECT_TRUE(p == 0 ? queue.push_copy(bytes_of(text))
                                   : lane.push({.body = bytes_of(text)}, never));
                if (i % 50 == 0) {
                    EXPECT_TRUE(queue.wait_empty());  // else none ever finds it idle
                }
            }
            queue.close_lane(lane);
        });
    }
    Messages messages;
    while (messages.count < producers_count * messages_each && !HasFatalFailure()) {
        messages.check(connection.far.take());
        std::this_thread::yield();
    }
    for (std::thread& producer : producers) {
        producer.join();
    }
    EXPECT_TRUE(queue.wait_empty());
    is_over = true;
    wake.unpark_all();
    loop.join();
    EXPECT_EQ(queue.ledger().sent.messages, producers_count * messages_each);
    expect_balance(queue.ledger());
}

}  // namespace
}  // namespace sluice::net
