#include "sluice/stages/counter_check_stage.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sluice/messages/counter_record.hpp"
#include "support/recording_log.hpp"
#include "unit/stages/packet_source.hpp"

namespace sluice {
namespace {

using messages::counter_record_bytes;
using std::chrono::milliseconds;

class CounterCheckStageTest : public testing::Test {
  protected:
    CounterCheckStageTest() { config.subscribe = {{.channel = "/lidar/packet_group"}}; }

    void start() {
        source.add_to(pipeline);
        pipeline.add("check", std::make_unique<CounterCheckStage>(config));
        pipeline.add("sink", std::make_unique<test::LambdaStage>([this](StageInterface& stage) {
                         stage.subscribe<CounterStats>(
                             "/check/counter_stats",
                             {.policy = SubscriptionPolicy::lossless, .queue_depth = 1},
                             [this](const Delivery<CounterStats>& delivery) {
                                 stats.push_back(delivery.message());
                             });
                     }));
        ASSERT_TRUE(pipeline.start());
    }
    /// Publishes `count` records in one group. The first connection begins with record 0.
    void publish(std::uint64_t first, std::uint64_t count, std::uint64_t connection = 1) {
        std::string records(count * counter_record_bytes, '\0');
        messages::fill_counter_records(first, std::as_writable_bytes(std::span<char>(records)));
        source.publish({records}, connection == 1 ? first * counter_record_bytes : 0, connection);
        executor.run_until(executor.now());
    }
    void run(int until_ms) { executor.run_until(SteadyTime(milliseconds(until_ms))); }

    test::PacketSource source;
    CounterCheckStageConfig config;
    std::vector<CounterStats> stats;
    test::RecordingLog log;
    SimulatedExecutor executor;
    Pipeline pipeline{executor};
};

TEST_F(CounterCheckStageTest, PublishesWhatItSawOnceASecondAndAtTheEnd) {
    start();
    publish(0, 10);
    run(999);
    EXPECT_TRUE(stats.empty());
    run(1000);
    ASSERT_EQ(stats.size(), 1U);
    EXPECT_EQ(stats[0].stage, "check");
    EXPECT_EQ(stats[0].channel, "/lidar/packet_group");
    EXPECT_EQ(stats[0].time, SystemTime(std::chrono::seconds(1)));
    EXPECT_EQ(stats[0].records, 10U);
    EXPECT_EQ(stats[0].bytes, 640U);
    publish(10, 5);
    pipeline.stop();
    ASSERT_EQ(stats.size(), 2U);
    EXPECT_EQ(stats[1].records, 15U);
    EXPECT_EQ(stats[1].connections, 1U);
    EXPECT_TRUE(log.lines().empty());
}

TEST_F(CounterCheckStageTest, LossesAreCountedAndLoggedByCause) {
    start();
    publish(0, 1);
    publish(4, 1);
    publish(10, 1, 2);
    pipeline.stop();
    ASSERT_EQ(stats.size(), 1U);
    EXPECT_EQ(stats[0].lost.dropped.gaps, 1U);
    EXPECT_EQ(stats[0].lost.dropped.records, 3U);
    EXPECT_EQ(stats[0].lost.disconnect.gaps, 1U);
    EXPECT_EQ(stats[0].lost.disconnect.records, 5U);
    EXPECT_EQ(stats[0].lost.unexplained.gaps, 0U);
    EXPECT_EQ(log.lines(),
              (std::vector<std::string>{"counter_gap stage=check channel=/lidar/packet_group "
                                        "cause=dropped connection=1 first_missing=1 records=3",
                                        "counter_gap stage=check channel=/lidar/packet_group "
                                        "cause=disconnect connection=2 first_missing=5 "
                                        "records=5"}));
}

TEST_F(CounterCheckStageTest, GroupsThatTheSubscriptionLostAreCounted) {
    config.subscribe[0].queue_depth = 1;
    start();
    source.publish({"x"});
    source.publish({"x"});
    source.publish({"x"});
    pipeline.stop();
    ASSERT_EQ(stats.size(), 1U);
    EXPECT_EQ(stats[0].lost_groups, 2U);
    EXPECT_EQ(stats[0].incomplete_records, 1U);
}

TEST_F(CounterCheckStageTest, OfManyGapsAPeriodLogsTenAndCountsTheRest) {
    start();
    for (std::uint64_t i = 0; i <= 30; ++i) {
        publish(2 * i, 1);
    }
    EXPECT_EQ(log.lines().size(), 10U);
    run(1000);
    ASSERT_EQ(log.lines().size(), 11U);
    EXPECT_EQ(log.lines()[10], "counter_gaps_not_logged stage=check gaps=20");
    publish(100, 1);
    EXPECT_EQ(log.lines().size(), 12U);
}

TEST_F(CounterCheckStageTest, GapsAreNotLoggedIfNotWanted) {
    config.log_gaps = false;
    start();
    publish(0, 1);
    publish(5, 1);
    pipeline.stop();
    EXPECT_TRUE(log.lines().empty());
    EXPECT_EQ(stats.at(0).lost.dropped.gaps, 1U);
}

TEST_F(CounterCheckStageTest, EachChannelIsAStreamOfItsOwn) {
    config.subscribe.push_back({.channel = "/second/packet_group"});
    Publisher<TcpPacketGroup> second;
    pipeline.add("second", std::make_unique<test::LambdaStage>([&second](StageInterface& stage) {
                     second = stage.publisher<TcpPacketGroup>("packet_group");
                 }));
    start();
    publish(0, 2);
    publish(2, 2);
    pipeline.stop();
    ASSERT_EQ(stats.size(), 2U);
    EXPECT_EQ(stats[0].records, 4U);
    EXPECT_EQ(stats[1].channel, "/second/packet_group");
    EXPECT_EQ(stats[1].records, 0U);
}

TEST_F(CounterCheckStageTest, AsksForTheEndAfterEnoughRecords) {
    config.stop_after_records = 5;
    start();
    publish(0, 4);
    EXPECT_FALSE(pipeline.wait(SteadyTime::min()));
    publish(4, 1);
    EXPECT_TRUE(pipeline.wait(SteadyTime::min()));
}

TEST_F(CounterCheckStageTest, ListsTheChannelsThatItHas) {
    start();
    const auto channels = stage_channels(TypeTag<CounterCheckStage>{});
    ASSERT_EQ(channels.size(), 2U);
    std::size_t matches = 0;
    for (const ChannelInfo& info : pipeline.channels()) {
        if (info.subscribers == std::vector<std::string>{"check"}) {
            matches += info.type == channels[0].type;
        } else if (info.publishers == std::vector<std::string>{"check"}) {
            matches += info.type == channels[1].type &&
                       info.name == "/check/" + std::string(channels[1].name);
        }
    }
    EXPECT_EQ(matches, 2U);
}

TEST(CounterCheckStageConfig, WithoutChannelsItIsRefusedAtTheStart) {
    CounterCheckStage stage({});
    const Result<void> started = stage.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace sluice
