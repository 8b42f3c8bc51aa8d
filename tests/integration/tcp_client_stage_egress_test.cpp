// What is published to a TcpClientStage's egress_packets: sent whole, or dropped and counted.
#include "sluice/stages/tcp_client_stage.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/core/log.hpp"
#include "support/client_pipeline.hpp"
#include "support/loopback_device.hpp"

namespace sluice::test {
namespace {

constexpr std::size_t buffer_size_b = 100'000;

class WarningCounter final : public LogSink {
  public:
    WarningCounter() { set_log_sink(this); }
    ~WarningCounter() override { set_log_sink(nullptr); }
    void write(const LogRecord& record) noexcept override {
        warnings += record.event == "egress_too_large" ? 1 : 0;
    }
    std::atomic<int> warnings = 0;
};

class TcpClientStageEgress : public ::testing::Test {
  protected:
    /// Starts a client with a small egress buffer, and waits until it is up.
    void connect(const LoopbackDevice& device) {
        TcpClientStageConfig config = client_config(device.address());
        config.egress_buffer_size_b = buffer_size_b;
        config.kernel_transmit_buffer_size_b = 4096;
        watch_ = &clients_.add_watched_client(config);
        clients_.add_commander();
        clients_.start();
        ASSERT_TRUE(watch_->wait_state(ConnectionStatus::up));
    }
    /// Sends until the kernel takes no more, so that messages stay in the stage's buffer.
    void fill_kernel() {
        const std::string filler(1000, 'f');
        std::uint64_t sent = 0;
        std::uint64_t before = 0;
        do {
            before = sent;
            for (int i = 0; i < 50; ++i) {
                clients_.send(filler);
            }
            const std::uint64_t accepted = (accepted_ += 50);
            const SocketStats stats = watch_->wait_stats(
                [accepted](const SocketStats& s) { return s.egress.accepted == accepted; });
            sent = stats.egress_bytes.sent;
        } while (sent > before);
    }
    /// The statistics once `messages` in all were accepted.
    SocketStats after(std::uint64_t messages) {
        return watch_->wait_stats(
            [messages](const SocketStats& s) { return s.egress.accepted == messages; });
    }

    ClientPipeline clients_;
    ClientWatch* watch_ = nullptr;
    std::uint64_t accepted_ = 0;
};

TEST_F(TcpClientStageEgress, DataAndFragmentsArriveAsOneMessageInOrder) {
    Event arrived;
    std::string received;
    const std::string large(10'000, 'L');
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t /*number*/) {
        received = connection.receive_text(4 + 10'000 + 5 + 6);
        arrived.set();
        connection.drain();
    });
    BufferPool pool;
    const auto buffer_of = [&pool](std::string_view text) {
        Buffer buffer = *pool.acquire(text.size());
        std::ranges::copy(std::as_bytes(std::span(text)), buffer.writable().begin());
        return buffer;
    };
    connect(device);
    Draft<EgressPacket> command = clients_.command();
    command->assign("head");
    command->fragments.push_back(buffer_of(large));
    command->fragments.push_back(buffer_of("small"));
    clients_.send(std::move(command));
    clients_.send("second");
    ASSERT_TRUE(arrived.wait());
    EXPECT_EQ(received, "head" + large + "smallsecond");
    const SocketStats stats = after(2);
    EXPECT_EQ(stats.egress.sent, 2U);
    EXPECT_EQ(stats.egress_bytes.sent, received.size());
    clients_.pipeline.stop();
}

TEST_F(TcpClientStageEgress, AFragmentUnder4KiBIsCopiedAndALargerOneKeepsItsMemoryUntilSent) {
    Event end;
    LoopbackDevice device(
        [&end](DeviceConnection& /*connection*/, std::size_t /*number*/) { (void)end.wait(); },
        {.receive_buffer_b = 4096});
    BufferPool pool;
    connect(device);
    clients_.send(std::string(buffer_size_b - 2 * 4096, 'f'));  // the kernel takes a part of it
    ASSERT_EQ(after(1).egress.queued, 1U);
    Draft<EgressPacket> small = clients_.command();
    small->fragments.push_back(*pool.acquire(4095));
    clients_.send(std::move(small));
    EXPECT_EQ(pool.statistics().used_b, 0U);
    Draft<EgressPacket> large = clients_.command();
    large->fragments.push_back(*pool.acquire(4096));
    clients_.send(std::move(large));
    EXPECT_GT(pool.statistics().used_b, 0U);
    EXPECT_EQ(after(3).egress.queued, 3U);
    end.set();
    clients_.pipeline.stop();
    EXPECT_EQ(pool.statistics().used_b, 0U);
}

TEST_F(TcpClientStageEgress, DroppedWhileNotConnected) {
    const LoopbackDevice device({}, {.is_present = false});
    ClientWatch& watch = clients_.add_watched_client(client_config(device.address()));
    clients_.add_commander();
    clients_.start();
    clients_.send("lost");
    const SocketStats stats =
        watch.wait_stats([](const SocketStats& s) { return s.egress.accepted == 1; });
    EXPECT_EQ(stats.egress.dropped.not_connected, 1U);
    EXPECT_EQ(stats.egress_bytes.dropped.not_connected, 4U);
}

TEST_F(TcpClientStageEgress, AMessageOfExactlyTheBufferSizeFitsAndOneByteMoreIsTooLarge) {
    const WarningCounter log;
    Event arrived;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t /*number*/) {
        if (connection.receive_text(buffer_size_b).size() == buffer_size_b) {
            arrived.set();
        }
        connection.drain();
    });
    connect(device);
    clients_.send(std::string(buffer_size_b + 1, 'x'));
    clients_.send(std::string(buffer_size_b + 1, 'x'));
    clients_.send(std::string(buffer_size_b, 'x'));
    ASSERT_TRUE(arrived.wait());
    const SocketStats stats =
        watch_->wait_stats([](const SocketStats& s) { return s.egress.sent == 1; });
    EXPECT_EQ(stats.egress.dropped.too_large, 2U);
    EXPECT_EQ(stats.egress_bytes.dropped.too_large, 2 * (buffer_size_b + 1));
    EXPECT_EQ(stats.egress.dropped.total(), 2U);
    EXPECT_EQ(log.warnings, 1) << "it is warned of once";
    clients_.pipeline.stop();
}

TEST_F(TcpClientStageEgress, OneByteMoreThanWhatIsFreeIsDroppedAndExactlyThatFits) {
    Event end;
    LoopbackDevice device(
        [&end](DeviceConnection& /*connection*/, std::size_t /*number*/) { (void)end.wait(); },
        {.receive_buffer_b = 4096});
    connect(device);
    fill_kernel();
    const SocketStats full = after(accepted_);
    ASSERT_GT(full.egress.queued, 0U);
    const std::uint64_t free_b = buffer_size_b - full.egress.queued_bytes;
    const std::uint64_t dropped = full.egress.dropped.buffer_full;
    clients_.send(std::string(free_b + 1, 'x'));
    SocketStats stats = after(accepted_ + 1);
    EXPECT_EQ(stats.egress.dropped.buffer_full, dropped + 1);
    EXPECT_EQ(stats.egress.queued_bytes, full.egress.queued_bytes);
    clients_.send(std::string(free_b, 'x'));
    stats = after(accepted_ + 2);
    EXPECT_EQ(stats.egress.dropped.buffer_full, dropped + 1);
    EXPECT_EQ(stats.egress.queued_bytes, buffer_size_b);
    EXPECT_EQ(stats.egress.queued_bytes_max, buffer_size_b);
    end.set();
    clients_.pipeline.stop();
}

TEST_F(TcpClientStageEgress, WhatIsQueuedIsDroppedWithItsConnection) {
    Event end;
    std::atomic<bool> is_clean = false;
    Event arrived;
    LoopbackDevice device(
        [&](DeviceConnection& connection, std::size_t number) {
            if (number == 0) {
                (void)end.wait();
                connection.reset();
            } else if (number == 1) {
                is_clean = connection.receive_text(5) == "fresh";
                arrived.set();
                connection.drain();
            }
        },
        {.receive_buffer_b = 4096});
    connect(device);
    fill_kernel();
    end.set();
    ASSERT_TRUE(watch_->wait_state(ConnectionStatus::up, 2));
    clients_.send("fresh");
    ASSERT_TRUE(arrived.wait());
    EXPECT_TRUE(is_clean) << "a connection begins at the border of a message";
    const SocketStats stats = after(accepted_ + 1);
    EXPECT_GT(stats.egress.dropped.connection_lost, 0U);
    EXPECT_EQ(stats.egress.queued, 0U);
    clients_.pipeline.stop();
}

// A stage that answers the first `up` publishes to a client that may still be starting.
TEST(TcpClientStageBegin, DialsWhenAllStagesAreReady) {
    Event connected;
    std::string answer;
    Event answered;
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t /*number*/) {
        connected.set();
        answer = connection.receive_text(5);
        answered.set();
        connection.drain();
    });
    ClientPipeline clients;
    clients.add_client(client_config(device.address()));
    Publisher<EgressPacket> commands;
    clients.pipeline.add("responder", std::make_unique<LambdaStage>([&](StageInterface& interface) {
                             commands = interface.publisher<EgressPacket>("/device/egress_packets");
                             interface.subscribe<ConnectionState>(
                                 "/device/connection_state", {},
                                 [&](const Delivery<ConnectionState>& delivery) {
                                     if (delivery.message().state == ConnectionStatus::up) {
                                         Draft<EgressPacket> draft = commands.draft();
                                         draft->assign("hello");
                                         EXPECT_TRUE(commands.publish(std::move(draft)));
                                     }
                                 });
                         }));
    Publisher<EgressPacket> others;
    clients.pipeline.add(
        "late", std::make_unique<LambdaStage>(
                    [&](StageInterface& interface) {
                        others = interface.publisher<EgressPacket>("/device/egress_packets");
                    },
                    [&] {  // started after the client, which it could feed
                        EXPECT_FALSE(connected.wait(std::chrono::milliseconds(50)));
                        return Result<void>();
                    }));
    clients.start();
    ASSERT_TRUE(answered.wait());
    EXPECT_EQ(answer, "hello");
    clients.pipeline.stop();
}

}  // namespace
}  // namespace sluice::test
