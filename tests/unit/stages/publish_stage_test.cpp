#include "sluice/stages/publish_stage.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "sluice/messages/egress_packet.hpp"
#include "support/event.hpp"
#include "support/pipe.hpp"
#include "unit/stages/packet_source.hpp"

namespace sluice {
namespace {

using std::chrono::milliseconds;

/// What one message was, and when it came.
struct Seen {
    std::int64_t time_ms = 0;
    std::string text;
    friend bool operator==(const Seen&, const Seen&) = default;
};

std::string text_of(const EgressPacket& packet) {
    return {reinterpret_cast<const char*>(packet.data.data()), packet.data.size()};
}

class PublishStageTest : public testing::Test {
  protected:
    PublishStageTest() { config.channel = "/device/egress"; }

    Result<void> start() {
        source.add_to(pipeline);
        pipeline.add("poll", std::make_unique<PublishStage>(config));
        pipeline.add(
            "device", std::make_unique<test::LambdaStage>([this](StageInterface& stage) {
                stage.subscribe<EgressPacket>(
                    "egress", {.queue_depth = 1000},
                    [this, &stage](const Delivery<EgressPacket>& delivery) {
                        const auto now = stage.now().time_since_epoch();
                        seen.push_back({now / milliseconds(1), text_of(delivery.message())});
                    });
            }));
        return pipeline.start();
    }
    void run(int until_ms) { executor.run_until(SteadyTime(milliseconds(until_ms))); }

    test::PacketSource source;
    PublishStageConfig config;
    std::vector<Seen> seen;
    SimulatedExecutor executor;
    Pipeline pipeline{executor};
};

TEST_F(PublishStageTest, PublishesATextOnceAtTheStart) {
    config.text = "STATUS\r\n";
    ASSERT_TRUE(start());
    run(100'000);
    EXPECT_EQ(seen, (std::vector<Seen>{{0, "STATUS\r\n"}}));
}

TEST_F(PublishStageTest, RepeatsExactlyAndEndsAfterTheCount) {
    config.hex = "41 0a";
    config.delay_ms = 5;
    config.every_ms = 20;
    config.count = 3;
    ASSERT_TRUE(start());
    run(1000);
    EXPECT_EQ(seen, (std::vector<Seen>{{5, "A\n"}, {25, "A\n"}, {45, "A\n"}}));
}

TEST_F(PublishStageTest, RepeatsWithoutEnd) {
    config.text = "x";
    config.every_ms = 10;
    ASSERT_TRUE(start());
    run(5000);
    EXPECT_EQ(seen.size(), 501U);
}

TEST_F(PublishStageTest, BeginsAnewForEachConnectionAndPausesBetweenThem) {
    config.text = "WATCH";
    config.when_up = "/lidar/connection_state";
    config.delay_ms = 1;
    config.every_ms = 10;
    ASSERT_TRUE(start());
    run(100);
    source.publish_state(ConnectionStatus::connecting, 0);
    source.publish_state(ConnectionStatus::up, 1);
    run(115);
    source.publish_state(ConnectionStatus::waiting, 1);
    run(200);
    source.publish_state(ConnectionStatus::up, 2);
    run(205);
    EXPECT_EQ(seen, (std::vector<Seen>{{101, "WATCH"}, {111, "WATCH"}, {201, "WATCH"}}));
}

TEST_F(PublishStageTest, CountIsThatOfEachConnection) {
    config.text = "WATCH";
    config.when_up = "/lidar/connection_state";
    config.every_ms = 10;
    config.count = 2;
    ASSERT_TRUE(start());
    for (const int connection : {1, 2, 3}) {
        source.publish_state(ConnectionStatus::up, static_cast<std::uint64_t>(connection));
        run(100 * connection);
        source.publish_state(ConnectionStatus::waiting, static_cast<std::uint64_t>(connection));
    }
    EXPECT_EQ(seen.size(), 6U);
}

TEST_F(PublishStageTest, FileIsOneMessage) {
    const std::string path = testing::TempDir() + "publish_stage_test_file";
    std::string content(100'000, '\0');
    content += "end\n";
    std::ofstream(path, std::ios::binary) << content;
    config.file = path;
    ASSERT_TRUE(start());
    std::remove(path.c_str());
    run(0);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].text, content);
}

TEST_F(PublishStageTest, FilesThatAreNoMessageAreRefusedAtTheStart) {
    const std::string path = testing::TempDir() + "publish_stage_test_empty";
    const auto refusal = [](const std::string& file) {
        PublishStage stage({.channel = "/a/b", .file = file});
        const Result<void> started = stage.start();
        return started ? "started" : started.error().message();
    };
    EXPECT_NE(refusal("/nowhere/at/all").find("/nowhere/at/all"), std::string::npos);
    std::ofstream(path, std::ios::binary).flush();
    EXPECT_NE(refusal(path).find("is empty"), std::string::npos);
    std::ofstream(path, std::ios::binary) << std::string((16U << 20U) + 1, 'x');
    EXPECT_NE(refusal(path).find("16 MiB"), std::string::npos);
    std::remove(path.c_str());
}

TEST_F(PublishStageTest, ListsTheChannelsThatItHas) {
    config.text = "x";
    config.when_up = "/lidar/connection_state";
    ASSERT_TRUE(start());
    const auto channels = stage_channels(TypeTag<PublishStage>{});
    ASSERT_EQ(channels.size(), 2U);
    std::size_t matches = 0;
    for (const ChannelInfo& info : pipeline.channels()) {
        matches += info.publishers == std::vector<std::string>{"poll"} &&
                   info.type == channels[0].type && info.name == config.channel;
        matches += info.subscribers == std::vector<std::string>{"poll"} &&
                   info.type == channels[1].type && info.name == config.when_up;
    }
    EXPECT_EQ(matches, 2U);
    for (const StageChannel& channel : channels) {
        const std::string_view key = channel.name.substr(1, channel.name.size() - 2);
        EXPECT_NE(describe(TypeTag<PublishStageConfig>{}).find(key), nullptr) << key;
    }
}

/// Keys of the complaints.
std::vector<std::string> complaints_about(const PublishStageConfig& config) {
    std::vector<Complaint> complaints;
    describe(TypeTag<PublishStageConfig>{}).check(&config, complaints);
    std::vector<std::string> keys;
    for (const Complaint& complaint : complaints) {
        keys.push_back(complaint.key);
    }
    return keys;
}

TEST(PublishStageConfig, ComplainsOfAllMistakesAtOnce) {
    using Keys = std::vector<std::string>;
    const std::string channel = "/a/b";
    const auto keys = complaints_about;
    EXPECT_EQ(keys({.channel = channel, .text = "x"}), Keys{});
    EXPECT_EQ(keys({.channel = channel, .standard_input = true, .lines = false}), Keys{});
    EXPECT_EQ(keys({}), (Keys{"channel", ""}));
    EXPECT_EQ(keys({.channel = channel, .text = "x", .standard_input = true}), Keys{""});
    EXPECT_EQ(keys({.channel = channel, .text = ""}), Keys{"text"});
    EXPECT_EQ(keys({.channel = channel, .hex = "4"}), Keys{"hex"});
    EXPECT_EQ(keys({.channel = channel, .hex = " "}), Keys{"hex"});
    EXPECT_EQ(keys({.channel = channel, .file = ""}), Keys{"file"});
    EXPECT_EQ(keys({.channel = channel, .text = "x", .lines = false}), Keys{"lines"});
    EXPECT_EQ(keys({.channel = channel, .text = "x", .count = 2}), Keys{"count"});
    EXPECT_EQ(
        keys(
            {.channel = channel, .standard_input = true, .delay_ms = 1, .every_ms = 1, .count = 1}),
        (Keys{"delay_ms", "every_ms", "count"}));
}

/// Standard input, by the clock of the world.
class PublishInputTest : public testing::Test {
  protected:
    PublishInputTest() {
        config.channel = "/device/egress";
        config.standard_input = true;
    }

    void start(sys::Descriptor input) {
        pipeline.add("input", std::make_unique<PublishStage>(config, std::move(input)));
        pipeline.add("device", std::make_unique<test::LambdaStage>([this](StageInterface& stage) {
                         stage.subscribe<EgressPacket>(
                             "egress", options, [this](const Delivery<EgressPacket>& delivery) {
                                 on_message(text_of(delivery.message()));
                             });
                         stage.subscribe<EgressPacket>("late", {},
                                                       [](const Delivery<EgressPacket>&) {});
                     }));
        ASSERT_TRUE(pipeline.start());
    }
    void on_message(std::string text) {
        if (gate_is_closed) {
            EXPECT_TRUE(gate.wait());
        }
        seen.push_back(std::move(text));
        if (seen.size() == expected) {
            done.set();
        }
    }

    PublishStageConfig config;
    SubscriptionOptions options{.policy = SubscriptionPolicy::lossless, .queue_depth = 4};
    bool gate_is_closed = false;
    test::Event gate;
    test::Event done;
    std::size_t expected = 0;
    std::vector<std::string> seen;
    test::Pipe pipe;
    RealTimeExecutor executor;
    Pipeline pipeline{executor};
};

TEST_F(PublishInputTest, EachLineIsAMessage) {
    expected = 4;
    start(std::move(pipe.read_end));
    pipe.put("one\ntw");
    pipe.put("o\n\nlast");
    pipe.write_end.close();
    ASSERT_TRUE(done.wait());
    pipeline.stop();
    EXPECT_EQ(seen, (std::vector<std::string>{"one\n", "two\n", "\n", "last"}));
}

TEST_F(PublishInputTest, LineThatIsTooLongComesInPieces) {
    expected = 2;
    start(std::move(pipe.read_end));
    const std::string line(65'536, 'x');
    pipe.put(line);
    pipe.put("y\n");
    ASSERT_TRUE(done.wait());
    pipeline.stop();
    EXPECT_EQ(seen, (std::vector<std::string>{line, "y\n"}));
}

TEST_F(PublishInputTest, WithoutLinesEachReadIsAMessage) {
    config.lines = false;
    expected = 1;
    start(std::move(pipe.read_end));
    pipe.put("a\nb");
    ASSERT_TRUE(done.wait());
    pipeline.stop();
    EXPECT_EQ(seen, (std::vector<std::string>{"a\nb"}));
}

TEST_F(PublishInputTest, NothingIsLostToALosslessSubscriberThatIsSlow) {
    gate_is_closed = true;
    expected = 1000;
    start(std::move(pipe.read_end));
    for (int i = 0; i < 1000; ++i) {
        pipe.put(std::to_string(i) + "\n");
    }
    gate.set();
    ASSERT_TRUE(done.wait());
    pipeline.stop();
    for (std::size_t i = 0; i < seen.size(); ++i) {
        ASSERT_EQ(seen[i], std::to_string(i) + "\n");
    }
}

TEST_F(PublishInputTest, FileCanBeRead) {
    const std::string path = testing::TempDir() + "publish_stage_test_input";
    std::ofstream(path, std::ios::binary) << "1\n2\n";
    expected = 2;
    start(sys::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)));
    std::remove(path.c_str());
    ASSERT_TRUE(done.wait());
    pipeline.stop();
    EXPECT_EQ(seen, (std::vector<std::string>{"1\n", "2\n"}));
}

TEST_F(PublishInputTest, StopsWhileNothingCanBeRead) {
    start(std::move(pipe.read_end));
    pipeline.stop();
    EXPECT_TRUE(seen.empty());
}

TEST_F(PublishInputTest, StopsWhileASubscriberTakesNothing) {
    gate_is_closed = true;
    // Stopped between the two: the device takes nothing until the input has stopped.
    pipeline.add("between",
                 std::make_unique<test::LambdaStage>(
                     [](StageInterface& stage) {
                         stage.subscribe<EgressPacket>("/device/egress", {},
                                                       [](const Delivery<EgressPacket>&) {});
                         static_cast<void>(stage.publisher<EgressPacket>("/device/late"));
                     },
                     std::function<Result<void>()>(), [this] { gate.set(); }));
    start(std::move(pipe.read_end));
    for (int i = 0; i < 1000; ++i) {
        pipe.put("x\n");
    }
    while (!pipeline.statistics()[2].subscriptions[0].lacks_credit) {
        std::this_thread::yield();
    }
    pipeline.stop();
    EXPECT_LT(seen.size(), 1000U);
}

TEST(PublishStage, StandardInputNeedsTheClockOfTheWorld) {
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    pipeline.add("input", std::make_unique<PublishStage>(
                              PublishStageConfig{.channel = "/a/b", .standard_input = true}));
    EXPECT_FALSE(pipeline.start());
}

}  // namespace
}  // namespace sluice
