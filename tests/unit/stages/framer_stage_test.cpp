#include "sluice/stages/framer_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sluice/messages/egress_packet.hpp"
#include "sluice/messages/frame_group.hpp"
#include "support/recording_log.hpp"
#include "unit/stages/packet_source.hpp"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::LambdaStage;
using Texts = std::vector<std::string>;

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A source of packets, a framer, and those who listen to it and send through it.
class FramerStageTest : public testing::Test {
  protected:
    FramerStageTest() { config.input.channel = "/lidar/packet_group"; }
    ~FramerStageTest() override {
        pipeline.stop();
        expect_balance();
    }

    void use(std::string_view framing) { config.framing = *Framing::parse(framing); }
    void start() {
        source.add_to(pipeline);
        pipeline.add("cut", std::make_unique<FramerStage>(config, framer));
        pipeline.add("watch", std::make_unique<LambdaStage>(
                                  [this](StageInterface& interface) { subscribe(interface); }));
        const Result<void> started = pipeline.start();
        ASSERT_TRUE(started) << started.error().message();
    }
    std::string start_error() {
        source.add_to(pipeline);
        pipeline.add("cut", std::make_unique<FramerStage>(config, framer));
        const Result<void> started = pipeline.start();
        return started ? "started" : started.error().message();
    }
    void subscribe(StageInterface& interface) {
        const SubscriptionOptions lossless{.policy = SubscriptionPolicy::lossless};
        interface.subscribe<FrameGroup>(
            "/cut/frames", lossless, [this](const Delivery<FrameGroup>& delivery) {
                for (const TcpFrame& frame : delivery.message().frames) {
                    frames.push_back(text_of(frame.data.bytes()));
                    offsets.push_back(frame.stream_offset);
                }
                connections.push_back(delivery.message().connection);
                if (keeps) {
                    kept.push_back(delivery.keep());
                }
            });
        interface.subscribe<FramerStats>(
            "/cut/framer_stats", lossless,
            [this](const Delivery<FramerStats>& delivery) { stats = delivery.message(); });
        if (config.egress.empty()) {
            return;
        }
        commands = interface.publisher<EgressPacket>("/cut/egress_messages");
        interface.subscribe<EgressPacket>(
            config.egress, lossless, [this](const Delivery<EgressPacket>& delivery) {
                sent.push_back(text_of(delivery.message().data));
                for (const Buffer& fragment : delivery.message().fragments) {
                    sent.back() += "|" + text_of(fragment.bytes());
                }
            });
    }
    void run(Duration span = {}) {
        now += span;
        executor.run_until(now);
    }
    /// The frames that came of these packets.
    Texts cut(std::initializer_list<std::string_view> packets, std::uint64_t offset = 0,
              std::uint64_t connection = 1) {
        frames.clear();
        source.publish(packets, offset, connection);
        run();
        return frames;
    }
    /// As of now.
    const FramerStats& statistics() {
        run(seconds(1));
        return *stats;
    }
    void expect_balance() const {
        if (!stats) {
            return;
        }
        const FramingStats& framing = stats->framing;
        EXPECT_EQ(framing.received,
                  framing.payload + framing.overhead + framing.skipped + framing.buffered);
        EXPECT_EQ(stats->egress.accepted,
                  stats->egress.published + stats->egress.refused + stats->egress.dropped);
    }

    test::RecordingLog log;
    test::PacketSource source;
    FramerStageConfig config;
    std::shared_ptr<const Framer> framer;
    bool keeps = false;
    Texts frames;
    std::vector<std::uint64_t> offsets;
    std::vector<std::uint64_t> connections;
    Texts sent;
    std::optional<FramerStats> stats;
    Publisher<EgressPacket> commands;
    SteadyTime now{};
    SimulatedExecutor executor;
    Pipeline pipeline{executor};
    std::vector<MessagePtr<FrameGroup>> kept;  // before the pipeline goes
};

TEST(FramingIncidentCounts, AreNamedAsTheFaultsThatTheyCount) {
    const std::span<const Field> fields = describe(TypeTag<FramingIncidentCounts>{}).fields();
    ASSERT_EQ(fields.size(), frame_fault_count);
    for (std::size_t i = 0; i < frame_fault_count; ++i) {
        EXPECT_EQ(fields[i].key, name(static_cast<FrameFault>(i)));
    }
}

TEST_F(FramerStageTest, FramesComeOutWhereverThePacketsAreSplit) {
    use("lines");
    start();
    EXPECT_EQ(cut({"one\ntw", "o\nth", "re", "e\n\nfo"}), (Texts{"one", "two", "three", ""}));
    EXPECT_EQ(offsets, (std::vector<std::uint64_t>{0, 4, 8, 14}));
    EXPECT_EQ(statistics().framing.buffered, 2U);
    EXPECT_EQ(stats->groups, 1U);
    EXPECT_EQ(cut({"ur\n"}, 17), Texts{"four"});
}

TEST_F(FramerStageTest, WhatStandsInOnePacketIsASliceOfIt) {
    use("lines");
    start();
    cut({"one\ntwo\n"});
    EXPECT_EQ(statistics().framing.copied, 0U);
}

TEST_F(FramerStageTest, AnotherConnectionIsAnotherStream) {
    use("lines");
    start();
    EXPECT_EQ(cut({"one\nha"}), Texts{"one"});
    EXPECT_EQ(cut({"two\n"}, 0, 2), Texts{"two"});
    EXPECT_EQ(connections, (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(statistics().framing.incidents.truncated, 1U);
    EXPECT_EQ(stats->framing.skipped, 2U);
    EXPECT_EQ(stats->connection, 2U);
}

TEST_F(FramerStageTest, ABadFrameEndsTheStreamUntilTheNextConnection) {
    use("netstring");
    start();
    EXPECT_EQ(cut({"3:abc,x3:abc,"}), Texts{"abc"});
    EXPECT_EQ(cut({"3:def,"}, 13), Texts{});
    EXPECT_EQ(cut({"3:ghi,"}, 0, 2), Texts{"ghi"});
    EXPECT_EQ(statistics().framing.incidents.total(), 1U);
    EXPECT_EQ(stats->framing.skipped, 13U);
    ASSERT_EQ(log.lines().size(), 1U);
    EXPECT_TRUE(
        log.lines()[0].starts_with("bad_frame stage=cut fault=bad_length connection=1 "
                                   "stream_offset=6 "))
        << log.lines()[0];
}

TEST_F(FramerStageTest, WhoSpeaksAnotherProtocolIsNamedInTheLog) {
    use("length:u32be");
    start();
    EXPECT_EQ(cut({"GET / HTTP/1.1\r\n"}), Texts{});
    ASSERT_EQ(log.lines().size(), 2U);
    EXPECT_EQ(log.lines()[1], "other_protocol stage=cut connection=1 looks_like=HTTP");
}

TEST_F(FramerStageTest, LinesGoOnBehindAHoleWithTheNextWholeOne) {
    use("lines");
    start();
    EXPECT_EQ(cut({"one\ntw"}), Texts{"one"});
    EXPECT_EQ(cut({"e\nfour\n"}, 12), Texts{"four"});
    EXPECT_EQ(offsets.back(), 14U);
    EXPECT_EQ(statistics().holes, 1U);
    EXPECT_EQ(stats->framing.frames, 2U);
    EXPECT_EQ(stats->framing.payload, 7U);
    EXPECT_EQ(stats->framing.skipped, 4U) << "tw, and what looked like the line e";
}

TEST_F(FramerStageTest, AStreamJoinedInTheMiddleIsTornToo) {
    use("lines");
    start();
    EXPECT_EQ(cut({"alf\nwhole\n"}, 1000), Texts{"whole"});
    EXPECT_EQ(offsets, std::vector<std::uint64_t>{1004});
    EXPECT_EQ(statistics().holes, 1U);
}

TEST_F(FramerStageTest, LengthsAreGivenUpBehindAHole) {
    use("length:u8,strip:1");
    start();
    EXPECT_EQ(cut({"\3abc\2d"}), Texts{"abc"});
    EXPECT_EQ(cut({"\1x"}, 7), Texts{}) << "nobody can tell whether this is a length";
    EXPECT_EQ(cut({"\1y"}, 0, 2), Texts{"y"});
    EXPECT_EQ(statistics().framing.incidents.bad_sync, 1U);
    EXPECT_EQ(stats->framing.skipped, 4U);
}

TEST_F(FramerStageTest, SyncFramingsHuntBehindAHole) {
    use("sync:b562,length:u16le@4,adjust:2,checksum:fletcher8@2");
    start();
    const std::string poll("\xb5\x62\x01\x07\x00\x00\x08\x19", 8);
    EXPECT_EQ(cut({poll}), Texts{poll});
    EXPECT_EQ(cut({"\x07\x19" + poll}, 100), Texts{poll});
}

TEST_F(FramerStageTest, AFrameThatDoesNotComeInTimeEndsTheStream) {
    use("lines");
    config.frame_timeout_ms = 500;
    start();
    EXPECT_EQ(cut({"one\ntw"}), Texts{"one"});
    run(milliseconds(499));
    EXPECT_EQ(cut({"o\nth"}, 6), Texts{"two"}) << "and the next frame has its own time";
    run(milliseconds(499));
    EXPECT_EQ(cut({"ree"}, 10), Texts{});
    run(milliseconds(2));
    EXPECT_EQ(cut({"\nfour\n"}, 13), Texts{});
    EXPECT_EQ(statistics().framing.incidents.timeout, 1U);
    EXPECT_EQ(cut({"five\n"}, 0, 2), Texts{"five"});
}

TEST_F(FramerStageTest, WithoutMemoryGroupsWaitAndComeInOrderWhenThereIsSome) {
    use("slip,max:200KiB");
    config.pool_size_b = 1'048'576;
    keeps = true;
    start();
    const std::string large = "\xc0" + std::string(180'000, 'x') + "\xc0";
    std::uint64_t offset = 0;
    for (int i = 0; i < 8; ++i) {
        const std::string small = std::to_string(i) + "\xc0";
        source.publish({large, small}, offset);
        offset += large.size() + small.size();
        run();
    }
    const std::size_t held = frames.size();
    EXPECT_GE(held, 6U);
    EXPECT_LT(held, 16U) << "the pool is used up by what is kept";
    keeps = false;
    kept.clear();
    run(milliseconds(10));
    ASSERT_EQ(frames.size(), 16U);
    for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_EQ(frames[2 * i].size(), 180'000U);
        EXPECT_EQ(frames[2 * i + 1], std::to_string(i));
    }
    EXPECT_EQ(statistics().dropped_groups, 0U);
}

TEST_F(FramerStageTest, WithoutMemoryForTooLongGroupsAreDroppedAndCounted) {
    use("slip,max:200KiB");
    config.pool_size_b = 1'048'576;
    config.input.queue_depth = 2;
    keeps = true;
    start();
    const std::string large = "\xc0" + std::string(180'000, 'x') + "\xc0";
    std::uint64_t offset = 0;
    for (int i = 0; i < 9; ++i) {
        source.publish({large}, offset);
        offset += large.size();
        run();
    }
    const std::size_t held = frames.size();
    keeps = false;
    kept.clear();
    run(milliseconds(10));
    EXPECT_EQ(frames.size(), held + 2);
    EXPECT_EQ(statistics().dropped_groups, 9 - held - 2);
    source.publish({"\xc0lost\xc0next\xc0"}, offset);
    run();
    EXPECT_EQ(frames.back(), "next") << "behind the hole";
    EXPECT_EQ(statistics().holes, 1U);
}

TEST_F(FramerStageTest, EgressMessagesAreFramedWithoutCopyingTheirFragments) {
    use("netstring");
    config.egress = "/plc/egress_packets";
    start();
    Draft<EgressPacket> message = commands.draft();
    message->assign("ab");
    ASSERT_TRUE(commands.publish(std::move(message)));
    message = commands.draft();
    message->assign("ab");
    message->fragments.push_back(source.buffer("cd"));
    message->fragments.push_back(source.buffer("e"));
    ASSERT_TRUE(commands.publish(std::move(message)));
    run();
    EXPECT_EQ(sent, (Texts{"2:ab,", "5:ab|cd|e|,"}));
    EXPECT_EQ(statistics().egress.accepted, 2U);
    EXPECT_EQ(stats->egress.published, 2U);
}

TEST_F(FramerStageTest, EgressMessagesOfManyFragmentsAreFramedToo) {
    use("length:u16be");
    config.egress = "/plc/egress_packets";
    start();
    Draft<EgressPacket> message = commands.draft();
    std::string expected("\0\x28", 2);
    for (int i = 0; i < 40; ++i) {
        message->fragments.push_back(source.buffer("x"));
        expected += "|x";
    }
    ASSERT_TRUE(commands.publish(std::move(message)));
    run();
    EXPECT_EQ(sent, Texts{expected});
}

TEST_F(FramerStageTest, WhatStandsBeforeTheLengthComesFirstInTheMessage) {
    use("sync:b562,length:u16le@4,adjust:2,checksum:fletcher8@2");
    config.egress = "/plc/egress_packets";
    start();
    Draft<EgressPacket> message = commands.draft();
    message->assign(std::string_view("\x01\x07", 2));
    ASSERT_TRUE(commands.publish(std::move(message)));
    message = commands.draft();
    message->assign("\x01");
    ASSERT_TRUE(commands.publish(std::move(message)));
    run();
    EXPECT_EQ(sent, Texts{std::string("\xb5\x62\x01\x07\x00\x00\x08\x19", 8)});
    EXPECT_EQ(statistics().egress.refused, 1U);
}

TEST_F(FramerStageTest, EgressMessagesAreEscaped) {
    use("slip");
    config.egress = "/plc/egress_packets";
    start();
    Draft<EgressPacket> message = commands.draft();
    message->assign("a\xc0");
    message->fragments.push_back(source.buffer("b"));
    ASSERT_TRUE(commands.publish(std::move(message)));
    run();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(cut({sent[0]}), Texts{"a\xc0"
                                    "b"});
}

TEST_F(FramerStageTest, AnEgressMessageThatTheFramingCannotCarryIsRefusedAndCounted) {
    use("lines");
    config.egress = "/plc/egress_packets";
    start();
    Draft<EgressPacket> message = commands.draft();
    message->assign("two\nlines");
    ASSERT_TRUE(commands.publish(std::move(message)));
    run();
    EXPECT_EQ(sent, Texts{});
    EXPECT_EQ(statistics().egress.refused, 1U);
    ASSERT_EQ(log.lines().size(), 1U);
    EXPECT_TRUE(log.lines()[0].starts_with("egress_not_framed stage=cut bytes=9"));
}

TEST_F(FramerStageTest, AFramerOfTheProgramsOwnTakesThePlaceOfAFraming) {
    framer = make_framer(*Framing::parse("fixed:2"));
    start();
    EXPECT_EQ(cut({"aab", "b"}), (Texts{"aa", "bb"}));
}

TEST_F(FramerStageTest, AFramingIsNeededAndOneIsEnough) {
    EXPECT_NE(start_error().find("framing is missing"), std::string::npos);
}

TEST_F(FramerStageTest, AFramerAndAFramingAreOneTooMany) {
    use("lines");
    framer = make_framer(*Framing::parse("fixed:2"));
    EXPECT_NE(start_error().find("together with a framer"), std::string::npos);
}

TEST_F(FramerStageTest, APoolThatCannotHoldTheLongestFrameIsRefused) {
    use("lines,max:1MiB");
    config.pool_size_b = 2'097'152;
    EXPECT_NE(start_error().find("pool_size_b is 2097152; a frame of up to 1048576 bytes"),
              std::string::npos);
}

}  // namespace
}  // namespace sluice
