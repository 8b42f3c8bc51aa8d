#include "sluice/devices/device_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "sluice/devices/lidar_generator.hpp"
#include "sluice/devices/nmea_generator.hpp"
#include "sluice/messages/counter_record.hpp"
#include "support/links.hpp"
#include "support/plain_client.hpp"

namespace sluice::devices {
namespace {

using messages::counter_record_bytes;
using messages::CounterChecker;
using messages::CounterCheckStatistics;
using messages::GapCause;
using test::PlainClient;

constexpr int small_buffer_b = 4096;

/// A device on a loop's thread, and what it told.
class DeviceServerTest : public ::testing::Test, protected DeviceHandler {
  protected:
    DeviceServerTest() {
        options_.address = *Address::parse("127.0.0.1:0");
        options_.rate_hz = 0;
    }
    // Not in a destructor: the loop's thread calls this object until it returns.
    void TearDown() override {
        thread_->run_on_loop([this] { server_.reset(); });
    }

    void open() {
        thread_->run_on_loop([this] {
            Result<std::unique_ptr<DeviceServer>> opened =
                DeviceServer::open(thread_->loop(), options_, *this);
            ASSERT_TRUE(opened) << opened.error().message();
            server_ = *std::move(opened);
            port_ = server_->local_address().port;
        });
    }

    DeviceStatistics statistics() {
        DeviceStatistics statistics;
        thread_->run_on_loop([&] { statistics = server_->statistics(); });
        return statistics;
    }
    bool wait_until(const std::function<bool(const DeviceStatistics&)>& holds) {
        return test::wait_on_loop(*thread_, [&] { return holds(server_->statistics()); });
    }
    /// Feeds everything that the device sends on one connection to the checker.
    std::size_t check_connection() {
        PlainClient client(port_);
        const std::vector<std::byte> bytes = client.receive_all();
        checker_.feed(++connection_, 0, bytes);
        checker_.end_connection();
        return bytes.size();
    }

    void on_client(const DeviceClient&) override {}
    void on_client_gone(const DeviceClient& client, const Error& reason) override {
        const std::lock_guard lock(mutex_);
        gone_.push_back({client, reason});
        has_gone_.set();
    }
    void on_client_refused(const SocketAddress&) override {}
    void on_done() override { done_.set(); }

    struct Gone {
        DeviceClient client;
        Error reason;
    };

    DeviceOptions options_;
    std::uint16_t port_ = 0;
    CounterChecker checker_;
    std::uint64_t connection_ = 0;
    test::Event done_;
    test::Event has_gone_;
    std::mutex mutex_;
    std::vector<Gone> gone_;
    std::unique_ptr<net::EventLoopThread> thread_ = test::start_loop();
    std::unique_ptr<DeviceServer> server_;
};

TEST_F(DeviceServerTest, SendsEachMessageOnceAndIsDoneAfterCount) {
    constexpr std::size_t count = 100'001;
    options_.count = count;
    open();
    EXPECT_EQ(check_connection(), count * counter_record_bytes);
    EXPECT_TRUE(done_.wait());
    EXPECT_EQ(checker_.statistics().records, count);
    EXPECT_EQ(checker_.statistics()[GapCause::unexplained], CounterCheckStatistics::Loss{});
    const DeviceStatistics seen = statistics();
    EXPECT_EQ(seen.traffic.messages, count);
    EXPECT_EQ(seen.traffic.bytes, count * counter_record_bytes);
    EXPECT_EQ(seen.traffic.lost_messages, 0U);
    EXPECT_EQ(seen.clients, 1U);
    EXPECT_EQ(seen.clients_now, 0U);
}

TEST_F(DeviceServerTest, NumbersGoOnOverConnectionsThatItEnds) {
    options_.disconnect_every = 5000;
    options_.count = 12'000;
    open();
    EXPECT_EQ(check_connection(), 5000 * counter_record_bytes);
    EXPECT_EQ(check_connection(), 5000 * counter_record_bytes);
    EXPECT_EQ(check_connection(), 2000 * counter_record_bytes);
    EXPECT_TRUE(done_.wait());
    EXPECT_EQ(checker_.statistics().records, 12'000U);
    EXPECT_EQ(checker_.statistics()[GapCause::disconnect], CounterCheckStatistics::Loss{});
}

TEST_F(DeviceServerTest, LiveDeviceEndsConnectionsAndIsDoneAfterCount) {
    options_.rate_hz = 100'000;
    options_.disconnect_every = 500;
    options_.count = 800;
    open();
    EXPECT_EQ(check_connection(), 500 * counter_record_bytes);
    EXPECT_EQ(check_connection(), 300 * counter_record_bytes);
    EXPECT_TRUE(done_.wait());
    EXPECT_EQ(checker_.statistics().records, 800U);
    EXPECT_EQ(checker_.statistics()[GapCause::unexplained], CounterCheckStatistics::Loss{});
    EXPECT_EQ(statistics().traffic.messages, 800U);
}

TEST_F(DeviceServerTest, WhatABrokenConnectionLostIsOneGapAtABorder) {
    open();
    {
        PlainClient client(port_);
        const std::vector<std::byte> front = client.receive(1000 * counter_record_bytes + 10);
        checker_.feed(++connection_, 0, front);
    }
    EXPECT_TRUE(has_gone_.wait());
    PlainClient client(port_);
    checker_.feed(++connection_, 0, client.receive(1000 * counter_record_bytes));
    const CounterCheckStatistics& seen = checker_.statistics();
    EXPECT_EQ(seen.records, 2000U);
    EXPECT_EQ(seen.incomplete_records, 1U);
    EXPECT_EQ(seen.corrupt_records, 0U);
    EXPECT_EQ(seen[GapCause::disconnect].gaps, 1U);
    EXPECT_EQ(seen[GapCause::unexplained].gaps, 0U);
    const std::lock_guard lock(mutex_);
    EXPECT_GT(gone_.front().client.traffic.lost_messages, 0U);
}

TEST_F(DeviceServerTest, ClientsOfALiveDeviceGetTheSameMessages) {
    options_.rate_hz = 10'000;
    open();
    PlainClient first(port_);
    const std::uint64_t before = 10;
    static_cast<void>(first.receive(before * counter_record_bytes));
    PlainClient second(port_);
    const std::vector<std::byte> late = second.receive(counter_record_bytes);
    const auto number =
        messages::decode_counter_record(std::span<const std::byte, counter_record_bytes>(late));
    ASSERT_TRUE(number);
    ASSERT_GE(*number, before - 1);
    const std::vector<std::byte> rest =
        first.receive((*number + 1 - before) * counter_record_bytes);
    EXPECT_TRUE(std::equal(late.begin(), late.end(), rest.end() - counter_record_bytes));
}

TEST_F(DeviceServerTest, SlowClientOfALiveDeviceLosesWholeMessages) {
    options_.rate_hz = 1'000'000;
    options_.socket.kernel_transmit_buffer_size_b = small_buffer_b;
    open();
    PlainClient client(port_, small_buffer_b);
    ASSERT_TRUE(
        wait_until([](const DeviceStatistics& seen) { return seen.traffic.lost_messages > 0; }));
    thread_->run_on_loop([this] { EXPECT_GT(server_->statistics().traffic.messages, 0U); });
    while (checker_.statistics()[GapCause::unexplained].gaps == 0) {
        const std::vector<std::byte> bytes = client.receive(counter_record_bytes);
        ASSERT_FALSE(bytes.empty());
        checker_.feed(1, checker_.statistics().bytes, bytes);
    }
    EXPECT_EQ(checker_.statistics().corrupt_records, 0U);
    EXPECT_EQ(checker_.held_bytes(), 0U);
}

TEST_F(DeviceServerTest, OneClientTooManyIsClosedAtOnce) {
    options_.clients_max = 2;
    open();
    PlainClient first(port_);
    PlainClient second(port_);
    EXPECT_FALSE(first.receive(1).empty());
    EXPECT_FALSE(second.receive(1).empty());
    PlainClient third(port_);
    EXPECT_TRUE(third.receive(1).empty());
    EXPECT_EQ(statistics().refused_clients, 1U);
    EXPECT_EQ(statistics().clients_now, 2U);
}

TEST_F(DeviceServerTest, ClientThatLeavesMakesRoomForAnother) {
    options_.clients_max = 1;
    open();
    for (std::uint64_t i = 1; i <= 20; ++i) {
        PlainClient client(port_);
        EXPECT_FALSE(client.receive(1).empty());
        client.close();
        ASSERT_TRUE(wait_until([](const DeviceStatistics& seen) { return seen.clients_now == 0; }));
        EXPECT_EQ(statistics().clients, i);
    }
    EXPECT_EQ(statistics().refused_clients, 0U);
}

TEST_F(DeviceServerTest, WhatClientsSendIsCounted) {
    options_.rate_hz = 1000;
    open();
    PlainClient client(port_);
    client.send(12'345);
    EXPECT_TRUE(wait_until(
        [](const DeviceStatistics& seen) { return seen.traffic.received_bytes == 12'345; }));
}

TEST_F(DeviceServerTest, ClientThatDoesNotTakeTheEndIsClosed) {
    options_.count = 1;
    open();
    PlainClient client(port_);
    EXPECT_EQ(client.receive_all().size(), counter_record_bytes);
    EXPECT_TRUE(done_.wait()) << "although the client stays";
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(gone_.at(0).reason.code(), Errc::stopped);
}

TEST_F(DeviceServerTest, StopTellsOfEveryClient) {
    open();
    PlainClient first(port_);
    PlainClient second(port_);
    EXPECT_FALSE(first.receive(1).empty());
    EXPECT_FALSE(second.receive(1).empty());
    thread_->run_on_loop([this] { server_->stop(); });
    const std::lock_guard lock(mutex_);
    ASSERT_EQ(gone_.size(), 2U);
    EXPECT_EQ(gone_[0].reason.code(), Errc::stopped);
    EXPECT_FALSE(done_.is_set());
}

TEST_F(DeviceServerTest, LidarSendsItsPackets) {
    options_.kind = DeviceKind::lidar;
    options_.count = 1000;
    open();
    std::vector<std::byte> expected(1000 * lidar_packet_bytes);
    static_cast<void>(LidarGenerator().write(0, 1000, expected));
    EXPECT_EQ(PlainClient(port_).receive_all(), expected);
}

TEST_F(DeviceServerTest, LiveLidarSendsTheCountAlsoIfABurstHasMore) {
    options_.kind = DeviceKind::lidar;
    options_.rate_hz = 10'000;
    options_.count = 13;
    open();
    EXPECT_EQ(PlainClient(port_).receive_all().size(), 13 * lidar_packet_bytes);
}

TEST_F(DeviceServerTest, NmeaSendsItsEpochsFromTheStartTimeOn) {
    options_.kind = DeviceKind::nmea;
    options_.rate_hz = 100;
    options_.count = 5;
    options_.start_time = SystemTime(std::chrono::hours(400'000));
    open();
    const NmeaGenerator generator(
        {.start_time = options_.start_time, .period = std::chrono::milliseconds(10)});
    std::vector<std::byte> expected(5 * generator.message_bytes_max());
    expected.resize(generator.write(0, 5, expected).bytes);
    EXPECT_EQ(PlainClient(port_).receive_all(), expected);
}

TEST(DeviceOptionsTest, ImpossibleOnesAreRefusedWithWhatIsAllowed) {
    const auto refusal = [](const DeviceOptions& options) {
        const Result<void> valid = validate(options);
        return valid ? std::string() : valid.error().detail();
    };
    EXPECT_EQ(refusal({}), "");
    EXPECT_EQ(refusal({.rate_hz = 0}), "");
    EXPECT_EQ(refusal({.kind = DeviceKind::nmea, .rate_hz = 0}),
              "rate_hz 0.000000; allowed are 0.001 to 1000000");
    EXPECT_EQ(refusal({.rate_hz = -1}),
              "rate_hz -1.000000; allowed are 0.001 to 1000000, and 0 (as fast as the client "
              "takes it)");
    EXPECT_NE(refusal({.rate_hz = 1e7}), "");
    EXPECT_NE(refusal({.rate_hz = std::numeric_limits<double>::quiet_NaN()}), "");
    EXPECT_EQ(refusal({.clients_max = 0}), "clients_max 0; allowed are 1 to 1024");
    EXPECT_NE(refusal({.clients_max = 1025}), "");
}

}  // namespace
}  // namespace sluice::devices
