#include "sluice/stages/print_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/pipe.hpp"
#include "support/recording_log.hpp"
#include "unit/stages/packet_source.hpp"

namespace sluice {
namespace {

using std::chrono::milliseconds;

class PrintStageTest : public testing::Test {
  protected:
    PrintStageTest() { config.subscribe = {{.channel = "/lidar/packet_group"}}; }

    void start() {
        source.add_to(pipeline);
        pipeline.add("show", std::make_unique<PrintStage>(config, std::move(pipe.write_end)));
        const Result<void> started = pipeline.start();
        ASSERT_TRUE(started) << started.error().message();
    }
    void run(milliseconds until = milliseconds(0)) { executor.run_until(SteadyTime(until)); }
    /// What was printed since the last call.
    std::string shown() {
        run();
        return pipe.take();
    }
    /// Publishes until a message no longer fits into the pipe.
    void fill_pipe() {
        config.max_bytes = 65'536;
        start();
        for (int i = 0; i < 12; ++i) {
            source.publish({std::string(10'000, 'x')});
            run();
        }
    }

    test::PacketSource source;
    test::Pipe pipe;
    PrintStageConfig config;
    SimulatedExecutor executor;
    Pipeline pipeline{executor};
};

TEST_F(PrintStageTest, TextIsALinePerPacket) {
    start();
    source.publish({"$GPGGA\r\n", "\"a\\\t\x1b[0m"});
    EXPECT_EQ(shown(),
              "/lidar/packet_group 1970-01-01T00:00:01.500000000Z 8 bytes \"$GPGGA\\r\\n\"\n"
              "/lidar/packet_group 1970-01-01T00:00:01.500000000Z 8 bytes "
              "\"\\\"a\\\\\\t\\x1b[0m\"\n");
}

TEST_F(PrintStageTest, FramesAreShownAsPacketsAreEachByItself) {
    config.subscribe = {{.channel = "/lidar/frames"}};
    start();
    source.publish_frames({"one", "", "\"2\""});
    EXPECT_EQ(shown(),
              "/lidar/frames 1970-01-01T00:00:01.500000000Z 3 bytes \"one\"\n"
              "/lidar/frames 1970-01-01T00:00:01.500000000Z 0 bytes \"\"\n"
              "/lidar/frames 1970-01-01T00:00:01.500000000Z 3 bytes \"\\\"2\\\"\"\n");
}

TEST_F(PrintStageTest, FramesInHexBeginWithTheirOffsetInTheStream) {
    config.subscribe = {{.channel = "/lidar/frames"}};
    config.format = PrintFormat::hex;
    start();
    source.publish_frames({"AB"}, 16);
    EXPECT_EQ(shown(),
              "/lidar/frames 1970-01-01T00:00:01.500000000Z 2 bytes\n"
              "00000010  41 42                                             |AB|\n");
}

TEST_F(PrintStageTest, FramesInJsonAreTheWholeGroup) {
    config.subscribe = {{.channel = "/lidar/frames"}};
    config.format = PrintFormat::json;
    start();
    source.publish_frames({"abc"}, 5);
    EXPECT_EQ(shown(),
              "{\"channel\":\"/lidar/frames\",\"lost_before\":0,\"message\":{\"connection\":0,"
              "\"peer\":\"\",\"sequence\":0,\"frames\":[{\"receive_time_ns\":1500000000,"
              "\"receive_time_steady_ns\":0,\"kernel_time_ns\":null,\"stream_offset\":5,"
              "\"wire_b\":7,\"data\":\"YWJj\"}]}}\n");
}

TEST_F(PrintStageTest, ACharacterThatIsBrokenOffByTheEndOfAPacketIsEscaped) {
    start();
    source.publish({"a\xc2", "b\xe2\x82"});
    EXPECT_EQ(shown(),
              "/lidar/packet_group 1970-01-01T00:00:01.500000000Z 2 bytes \"a\\xc2\"\n"
              "/lidar/packet_group 1970-01-01T00:00:01.500000000Z 3 bytes \"b\\xe2\\x82\"\n");
}

TEST_F(PrintStageTest, HexIsADumpAtTheOffsetInTheStream) {
    config.format = PrintFormat::hex;
    start();
    source.publish({"AB"}, 16);
    EXPECT_EQ(shown(),
              "/lidar/packet_group 1970-01-01T00:00:01.500000000Z 2 bytes\n"
              "00000010  41 42                                             |AB|\n");
}

TEST_F(PrintStageTest, JsonIsAnObjectPerMessage) {
    config.format = PrintFormat::json;
    start();
    source.publish({"abc"}, 5, 2);
    EXPECT_EQ(shown(),
              "{\"channel\":\"/lidar/packet_group\",\"lost_before\":0,\"message\":"
              "{\"connection\":2,\"peer\":\"\",\"sequence\":0,\"packets\":[{\"receive_time_ns\":"
              "1500000000,\"receive_time_steady_ns\":0,\"kernel_time_ns\":null,\"stream_offset\":5,"
              "\"data\":\"YWJj\"}]}}\n");
}

TEST_F(PrintStageTest, AnyTypeIsShownByItsDescription) {
    config.subscribe = {{.channel = "/lidar/connection_state"}};
    start();
    source.publish_state(ConnectionStatus::up, 3);
    EXPECT_EQ(shown(),
              "/lidar/connection_state {\"stage\":\"\",\"time_ns\":0,\"state\":\"up\",\"reason\":"
              "\"\",\"message\":\"\",\"connection\":3,\"peer\":\"\",\"retry_after_ms\":0,"
              "\"realtime\":\"off\"}\n");
}

TEST_F(PrintStageTest, BytesBeyondTheLimitOfAMessageAreCounted) {
    config.max_bytes = 5;
    start();
    source.publish({"abc", "defg", "hij"});
    EXPECT_EQ(shown(),
              "/lidar/packet_group 1970-01-01T00:00:01.500000000Z 3 bytes \"abc\"\n"
              "/lidar/packet_group 1970-01-01T00:00:01.500000000Z 4 bytes \"de\"\n"
              "... 5 bytes not shown\n");
}

TEST_F(PrintStageTest, LossesAreToldInBand) {
    config.subscribe[0].queue_depth = 1;
    config.max_bytes = 1;
    start();
    source.publish({"a"});
    source.publish({"b"});
    source.publish({"c"});
    EXPECT_EQ(shown(),
              "/lidar/packet_group lost 2 messages\n"
              "/lidar/packet_group 1970-01-01T00:00:01.500000000Z 1 byte \"c\"\n");
}

TEST_F(PrintStageTest, LossesBeforeAMessageThatIsNotShownAreToldLater) {
    config.format = PrintFormat::json;
    config.subscribe = {{.channel = "/lidar/connection_state", .queue_depth = 1}};
    config.rate_limit_hz = 10;
    start();
    source.publish_state(ConnectionStatus::up, 1);
    run();
    source.publish_state(ConnectionStatus::up, 2);
    source.publish_state(ConnectionStatus::up, 3);
    run();
    run(milliseconds(100));
    source.publish_state(ConnectionStatus::up, 4);
    run(milliseconds(100));
    const std::string text = pipe.take();
    EXPECT_NE(text.find("{\"not_shown\":1}\n"), std::string::npos) << text;
    EXPECT_NE(text.find("\"lost_before\":1,\"message\":{\"stage\":\"\",\"time_ns\":0,\"state\":"
                        "\"up\",\"reason\":\"\",\"message\":\"\",\"connection\":4"),
              std::string::npos)
        << text;
}

TEST_F(PrintStageTest, RateLimitCountsWhatItDoesNotShow) {
    config.rate_limit_hz = 2;
    start();
    for (int i = 0; i <= 10; ++i) {
        run(milliseconds(100 * i));
        source.publish({std::string(1, static_cast<char>('0' + i % 10))});
        run(milliseconds(100 * i));
    }
    const std::string line = "/lidar/packet_group 1970-01-01T00:00:01.500000000Z 1 byte ";
    EXPECT_EQ(pipe.take(), line + "\"0\"\n... 4 messages not shown\n" + line +
                               "\"5\"\n... 4 messages not shown\n" + line + "\"0\"\n");
}

TEST_F(PrintStageTest, WhatWasNotShownIsToldAtTheEnd) {
    config.rate_limit_hz = 1;
    start();
    source.publish({"a"});
    source.publish({"b"});
    pipeline.stop();
    EXPECT_NE(pipe.take().find("\"a\"\n... 1 message not shown\n"), std::string::npos);
}

TEST_F(PrintStageTest, FullPipeIsWrittenWhenItIsRead) {
    fill_pipe();
    std::string text = pipe.take();
    EXPECT_LT(text.size(), 120'000U);
    for (int i = 1; i <= 2; ++i) {
        run(milliseconds(20 * i));
        text += pipe.take();
    }
    EXPECT_EQ(std::count(text.begin(), text.end(), 'x'), 120'000);
    EXPECT_EQ(text.find("not shown"), std::string::npos);
}

TEST_F(PrintStageTest, BlockedOutputDropsAndCountsBeyondItsBound) {
    fill_pipe();
    for (int i = 0; i < 200; ++i) {
        source.publish({std::string(10'000, 'x')});
        run();
    }
    std::string text;
    for (int i = 1; i <= 100; ++i) {
        text += pipe.take();
        run(milliseconds(20 * i));
    }
    source.publish({"last"});
    run(milliseconds(2000));
    text += pipe.take();
    const auto messages_shown = std::count(text.begin(), text.end(), 'x') / 10'000;
    EXPECT_LE(messages_shown, 112);  // the pipe, 1 MiB, and one
    EXPECT_GE(messages_shown, 106);
    EXPECT_NE(text.find("... " + std::to_string(212 - messages_shown) + " messages not shown\n"),
              std::string::npos);
    EXPECT_NE(text.find("\"last\"\n"), std::string::npos);
}

TEST_F(PrintStageTest, StopDoesNotWaitForABlockedOutput) {
    test::RecordingLog log;
    fill_pipe();
    pipeline.stop();
    ASSERT_EQ(log.lines().size(), 1U);
    EXPECT_EQ(log.lines()[0].substr(0, 27), "print_cut stage=show bytes=");
}

TEST_F(PrintStageTest, ReaderThatIsGoneStopsThePipeline) {
    start();
    pipe.read_end.close();
    EXPECT_FALSE(pipeline.wait(SteadyTime::min()));
    source.publish({"a"});
    run();
    EXPECT_TRUE(pipeline.wait(SteadyTime::min()));
    source.publish({"b"});
    run();
}

TEST_F(PrintStageTest, OutputThatFailsIsLoggedOnceAndTheRestGoesOn) {
    test::RecordingLog log;
    pipe.write_end = sys::Descriptor(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    start();
    source.publish({"a"});
    source.publish({"b"});
    run();
    EXPECT_EQ(log.lines().size(), 1U);
    EXPECT_EQ(log.lines()[0].substr(0, 23), "print_failed stage=show");
    EXPECT_FALSE(pipeline.wait(SteadyTime::min()));
}

TEST_F(PrintStageTest, ListsTheChannelsThatItHas) {
    start();
    for (const ChannelInfo& channel : pipeline.channels()) {
        EXPECT_TRUE(channel.publishers == std::vector<std::string>{"lidar"}) << channel.name;
    }
    const auto channels = stage_channels(TypeTag<PrintStage>{});
    ASSERT_EQ(channels.size(), 1U);
    EXPECT_EQ(channels[0].direction, StageChannel::Direction::subscribes);
    EXPECT_NE(describe(TypeTag<PrintStageConfig>{}).find("subscribe"), nullptr);
    EXPECT_EQ(channels[0].name, "<subscribe>");
}

TEST(PrintStageConfig, BadOnesAreRefusedAtTheStart) {
    PrintStageConfig rate{.subscribe = {{.channel = "/a/b"}}};
    rate.rate_limit_hz = -1;
    for (const PrintStageConfig& config : {PrintStageConfig{}, rate}) {
        PrintStage stage(config);
        const Result<void> started = stage.start();
        ASSERT_FALSE(started);
        EXPECT_EQ(started.error().code(), Errc::invalid_argument);
    }
}

}  // namespace
}  // namespace sluice
