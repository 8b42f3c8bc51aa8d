#include "sluice/net/link.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "sluice/sys/clock.hpp"
#include "support/links.hpp"
#include "support/loopback_device.hpp"
#include "support/message_stream.hpp"
#include "support/recording_handler.hpp"
#include "support/stress_size.hpp"

namespace sluice::test {
namespace {

using net::DropReason;
using net::EgressLedger;
using net::EgressPolicy;
using net::LinkState;

EgressLedger::Count dropped(const EgressLedger& ledger, DropReason reason) {
    return ledger.dropped[static_cast<std::size_t>(reason)];
}

/// Whether a ledger adds up, in messages and in bytes.
bool is_exact(const EgressLedger& ledger) {
    EgressLedger::Count total = ledger.sent;
    for (const EgressLedger::Count& count : ledger.dropped) {
        total.messages += count.messages;
        total.bytes += count.bytes;
    }
    total.messages += ledger.queued.messages;
    total.bytes += ledger.queued.bytes;
    return total == ledger.accepted;
}

/// Looks at a link's ledger without a pause for as long as it lives.
class LedgerLooker {
  public:
    explicit LedgerLooker(const net::Link& link, std::size_t buffer_bytes)
        : link_(link), buffer_bytes_(buffer_bytes), thread_([this] { look_all_the_time(); }) {}
    ~LedgerLooker() {
        end_ = true;
        thread_.join();
    }

  private:
    void look_all_the_time() {
        while (!end_) {
            const EgressLedger ledger = link_.statistics().egress;
            ASSERT_TRUE(is_exact(ledger));
            ASSERT_LE(ledger.queued.bytes, ledger.queued_bytes_max);
            ASSERT_LE(ledger.queued_bytes_max, buffer_bytes_);
        }
    }

    const net::Link& link_;
    const std::size_t buffer_bytes_;
    std::atomic<bool> end_ = false;
    std::thread thread_;
};

/// Pushes messages of random sizes, some as bytes to copy, some as buffers of a pool.
class Producer {
  public:
    Producer(net::TransmitQueue& queue, std::uint64_t number)
        : queue_(queue), random_(number), number_(number) {}

    /// The outcome of one push that waits if the policy does.
    Result<void> push() {
        const std::size_t body_bytes_max = random_() % 4 == 0 ? 60'000 : 2'000;
        MessageHeader header;
        header.bytes = static_cast<std::uint32_t>(sizeof header + 1 + random_() % body_bytes_max);
        header.producer = number_;
        header.sequence = sequence_++;
        pushed_bytes_ += header.bytes;
        const auto head = std::as_bytes(std::span(&header, 1));
        const std::span<const std::byte> body = body_.of(header);
        if (random_() % 2 == 0) {
            std::vector<std::byte> message(head.begin(), head.end());
            message.insert(message.end(), body.begin(), body.end());
            return queue_.push_copy(message);
        }
        std::array<Buffer, 2> fragments{owned(head), owned(body)};
        return queue_.push(fragments);
    }
    [[nodiscard]] std::uint64_t number() const { return number_; }
    [[nodiscard]] std::uint64_t pushed_bytes() const { return pushed_bytes_; }

  private:
    Buffer owned(std::span<const std::byte> bytes) {
        Buffer buffer = *pool_.acquire(bytes.size());
        std::copy(bytes.begin(), bytes.end(), buffer.writable().begin());
        return buffer;
    }

    net::TransmitQueue& queue_;
    const MessageBody body_;
    BufferPool pool_{{.size_b = 32 * 1024 * 1024, .slab_size_b = 128 * 1024}};
    std::mt19937_64 random_;
    const std::uint64_t number_;
    std::uint64_t sequence_ = 0;
    std::uint64_t pushed_bytes_ = 0;
};

/// Four producers, each on a thread of its own. The link must be stopped before they are destroyed.
class Producers {
  public:
    explicit Producers(net::TransmitQueue& queue) {
        for (std::uint64_t number = 0; number < producers; ++number) {
            each_.push_back(std::make_unique<Producer>(queue, number));
        }
    }

    /// Everybody pushes until `is_enough`; returns when all have.
    void run(const std::function<bool(const Producer&, const Result<void>&)>& is_enough) {
        std::vector<std::thread> threads;
        for (const std::unique_ptr<Producer>& producer : each_) {
            threads.emplace_back([&is_enough, &producer = *producer] {
                while (!is_enough(producer, producer.push())) {
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
    }

  private:
    std::vector<std::unique_ptr<Producer>> each_;
};

/// Reads messages, and ends the connection at a random point as long as it is asked to.
class ReadingDevice {
  public:
    explicit ReadingDevice(std::uint64_t seed) : random_(seed) {}

    void serve(DeviceConnection& connection) {
        reader_.begin();
        std::uint64_t left = random_() % (8 * 1024 * 1024);
        std::array<std::byte, 16 * 1024> chunk;
        while (const std::size_t got = connection.receive(chunk)) {
            reader_.feed(std::span(chunk).first(got));
            if (disconnects_ && got >= left) {
                random_() % 2 == 0 ? connection.reset() : connection.close();
                return;
            }
            left -= std::min<std::uint64_t>(left, got);
        }
        if (!disconnects_) {
            ended_.set();
        }
    }
    /// From now on the link ends the connection.
    void stay() { disconnects_ = false; }
    [[nodiscard]] bool wait_ended() { return ended_.wait(); }
    /// After the device left.
    [[nodiscard]] const MessageReader& reader() const { return reader_; }

  private:
    std::mt19937_64 random_;
    MessageReader reader_;
    std::atomic<bool> disconnects_ = true;
    Event ended_;
};

TEST(LinkEgressTest, WaitingMessagesArriveWholeAndInOrderAcrossDisconnects) {
    ReadingDevice script(7);
    LoopbackDevice device(
        [&](DeviceConnection& connection, std::size_t /*number*/) { script.serve(connection); });
    const std::unique_ptr<net::EventLoopThread> loop = start_loop();
    RecordingHandler handler;
    net::LinkOptions options = link_options(device.address());
    options.egress = {.policy = EgressPolicy::wait, .buffer_size_b = 512 * 1024};
    options.socket.kernel_transmit_buffer_size_b = 64 * 1024;
    net::Link link(loop->loop(), options, handler);
    Producers all(link.egress());
    link.start();
    {
        const LedgerLooker looker(link, options.egress.buffer_size_b);
        all.run([each = stress_bytes() / producers](const Producer& producer,
                                                    const Result<void>& pushed) {
            EXPECT_TRUE(pushed);
            return producer.pushed_bytes() >= each;
        });
        script.stay();
        link.finish_sending();
        EXPECT_TRUE(script.wait_ended());
    }
    link.stop();
    device.leave();
    EXPECT_TRUE(script.reader().is_right());
    EXPECT_TRUE(script.reader().is_between_messages());
    const net::LinkStatistics statistics = link.statistics();
    EXPECT_GT(statistics.connects, 2U);
    EXPECT_LE(dropped(statistics.egress, DropReason::connection_lost).messages,
              statistics.connects);
    EXPECT_EQ(dropped(statistics.egress, DropReason::stopped).messages, 0U);
    EXPECT_EQ(dropped(statistics.egress, DropReason::buffer_full).messages, 0U);
    EXPECT_LE(script.reader().messages(), statistics.egress.sent.messages);
}

/// A link whose device first does not read, then reads or dies as the test wishes.
class LinkEgressDropTest : public ::testing::Test {
  protected:
    static constexpr std::size_t buffer_bytes = 256 * 1024;

    static net::LinkOptions options(const LoopbackDevice& device) {
        net::LinkOptions options = link_options(device.address());
        options.egress = {.policy = EgressPolicy::drop, .buffer_size_b = buffer_bytes};
        options.socket.kernel_transmit_buffer_size_b = 16 * 1024;
        return options;
    }

    void serve(DeviceConnection& connection, std::size_t number) {
        if (number == 0) {
            EXPECT_TRUE(first_may_go_on_.wait());
            if (first_dies_) {
                connection.reset();
                return;
            }
        }
        reader_.begin();
        std::array<std::byte, 16 * 1024> chunk;
        while (const std::size_t got = connection.receive(chunk)) {
            reader_.feed(std::span(chunk).first(got));
        }
    }

    /// Pushes until every producer has met a full buffer often.
    void fill() {
        std::array<int, producers> refusals{};
        producers_.run([&](const Producer& producer, const Result<void>& pushed) {
            int& own = refusals.at(producer.number());
            if (!pushed) {
                EXPECT_EQ(pushed.error().code(), Errc::would_block);
                ++own;
            }
            return own > 500;
        });
    }

    void TearDown() override {
        first_may_go_on_.set();
        link_.stop();  // gives the producers' buffers back
    }

    bool first_dies_ = false;
    Event first_may_go_on_;
    MessageReader reader_;
    LoopbackDevice device_{
        [this](DeviceConnection& connection, std::size_t number) { serve(connection, number); },
        {.receive_buffer_b = 16 * 1024}};
    std::unique_ptr<net::EventLoopThread> loop_ = start_loop();
    RecordingHandler handler_;
    net::Link link_{loop_->loop(), options(device_), handler_};
    Producers producers_{link_.egress()};
};

TEST_F(LinkEgressDropTest, SlowReaderCostsWholeMessagesAndNoMemory) {
    link_.start();
    ASSERT_TRUE(handler_.wait_state(LinkState::up));
    {
        const LedgerLooker looker(link_, buffer_bytes);
        fill();
        EXPECT_EQ(
            link_.egress().try_push_copy(std::vector<std::byte>(buffer_bytes + 1)).error().code(),
            Errc::too_large);
        first_may_go_on_.set();
        EXPECT_TRUE(link_.egress().wait_empty(sys::now() + patience));
        link_.finish_sending();
        EXPECT_TRUE(handler_.wait_end(Errc::peer_closed));  // the device has read everything
    }
    const EgressLedger ledger = link_.statistics().egress;
    EXPECT_TRUE(is_exact(ledger));
    EXPECT_GT(dropped(ledger, DropReason::buffer_full).messages, producers * 500U);
    EXPECT_EQ(dropped(ledger, DropReason::too_large).messages, 1U);
    EXPECT_EQ(dropped(ledger, DropReason::not_connected).messages, 0U);
    EXPECT_EQ(dropped(ledger, DropReason::connection_lost).messages, 0U);
    EXPECT_LE(ledger.queued_bytes_max, buffer_bytes);
    EXPECT_EQ(ledger.refused, 0U);
    link_.stop();
    device_.leave();
    EXPECT_TRUE(reader_.is_right());
    EXPECT_TRUE(reader_.is_between_messages());
    EXPECT_EQ(reader_.messages(), ledger.sent.messages);
}

TEST_F(LinkEgressDropTest, AfterADeathInMidMessageTheNextConnectionBeginsWithAWholeOne) {
    first_dies_ = true;
    link_.start();
    ASSERT_TRUE(handler_.wait_state(LinkState::up));
    // More than the kernel's buffers hold, so that it stays half sent.
    ASSERT_TRUE(link_.egress().try_push_copy(std::vector<std::byte>(buffer_bytes / 2)));
    ASSERT_TRUE(wait_on_loop(*loop_, [this] { return link_.egress().taken_bytes() > 0; }));
    fill();
    const EgressLedger blocked = link_.statistics().egress;
    ASSERT_EQ(blocked.sent.messages, 0U);
    first_may_go_on_.set();
    ASSERT_TRUE(handler_.wait_state(LinkState::waiting));
    ASSERT_TRUE(handler_.wait_state(LinkState::up, 2));
    const EgressLedger lost = link_.statistics().egress;
    EXPECT_TRUE(is_exact(lost));
    EXPECT_EQ(dropped(lost, DropReason::connection_lost), blocked.queued);
    EXPECT_EQ(lost.queued.messages, 0U);
    producers_.run([](const Producer&, const Result<void>&) { return true; });
    ASSERT_TRUE(link_.egress().wait_empty(sys::now() + patience));
    const std::uint64_t sent = link_.statistics().egress.sent.messages - lost.sent.messages;
    link_.finish_sending();
    ASSERT_TRUE(handler_.wait_state(LinkState::waiting, 2));
    link_.stop();
    device_.leave();
    EXPECT_TRUE(reader_.is_right());
    EXPECT_EQ(reader_.messages(), sent);
}

TEST_F(LinkEgressDropTest, MessagesWithoutAConnectionAreCountedAsSuch) {
    first_may_go_on_.set();
    std::vector<std::byte> message(100);
    EXPECT_EQ(link_.egress().try_push_copy(message).error().code(), Errc::not_connected);
    EXPECT_EQ(dropped(link_.egress().ledger(), DropReason::not_connected),
              (EgressLedger::Count{.messages = 1, .bytes = 100}));
    link_.stop();
    EXPECT_EQ(link_.egress().try_push_copy(message).error().code(), Errc::stopped);
    EXPECT_EQ(dropped(link_.egress().ledger(), DropReason::stopped).messages, 1U);
    EXPECT_TRUE(is_exact(link_.egress().ledger()));
}

}  // namespace
}  // namespace sluice::test
