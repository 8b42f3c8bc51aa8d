// A TcpClientStage with a framing: what the device says comes out message by message.
#include "sluice/stages/tcp_client_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "sluice/net/event_loop_thread.hpp"
#include "support/client_pipeline.hpp"
#include "support/loopback_device.hpp"
#include "support/recording_log.hpp"

namespace sluice::test {
namespace {

using Texts = std::vector<std::string>;

/// A frame of `length:u32be`.
std::string framed(std::string_view body) {
    const auto size = static_cast<std::uint32_t>(body.size());
    std::string text;
    for (const int shift : {24, 16, 8, 0}) {
        text += static_cast<char>(size >> static_cast<unsigned>(shift));
    }
    return text += body;
}

/// The bytes of a body of its own for each number.
std::string body_of(std::size_t number, std::size_t size) {
    std::string body(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        body[i] = static_cast<char>(number * 131 + i * 7 + i / 251);
    }
    return body;
}

void expect_balance(const SocketStats& stats) {
    ASSERT_TRUE(stats.framing);
    const FramingStats& framing = *stats.framing;
    EXPECT_EQ(framing.received,
              framing.payload + framing.overhead + framing.skipped + framing.buffered);
    EXPECT_EQ(framing.received, stats.received.bytes);
    EXPECT_EQ(stats.received.bytes, stats.published.bytes + stats.open_group.bytes);
    EXPECT_EQ(stats.connects,
              stats.disconnects.total() + (stats.state == ConnectionStatus::up ? 1U : 0U));
}

/// That of every published statistic, and of the last one what was published in frames.
void expect_exact(const ClientRecord& record) {
    ASSERT_FALSE(record.stats.empty());
    for (const SocketStats& stats : record.stats) {
        expect_balance(stats);
    }
    const FramingStats& last = *record.stats.back().framing;
    std::uint64_t payload_b = 0;
    for (const RecordedFrame& frame : record.frames) {
        payload_b += frame.bytes.size();
    }
    EXPECT_EQ(last.frames, record.frames.size());
    EXPECT_EQ(last.payload, payload_b);
}

class TcpClientStageFraming : public ::testing::Test {
  protected:
    static TcpClientStageConfig config_for(const LoopbackDevice& device, std::string_view framing) {
        TcpClientStageConfig config = client_config(device.address());
        config.framing = *Framing::parse(framing);
        return config;
    }
    /// Sends `data` on the first connection; later ones are silent.
    static LoopbackDevice::Script send_once(std::string data) {
        return [data = std::move(data)](DeviceConnection& connection, std::size_t number) {
            if (number == 0) {
                connection.send(data);
                return;
            }
            connection.drain();
        };
    }

    RecordingLog log_;
    ClientPipeline clients_;
};

TEST_F(TcpClientStageFraming, FramesComeOutWhereverTheStreamIsSplit) {
    const std::string stream = framed("one") + framed("") + framed("three");
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        if (number < stream.size()) {
            connection.send(stream.substr(0, number));
            EXPECT_TRUE(connection.wait_acknowledged());
            connection.send(stream.substr(number));
        } else {
            connection.drain();
        }
    });
    ClientWatch& watch = clients_.add_watched_client(config_for(device, "length:u32be,strip:4"));
    clients_.start();
    ASSERT_TRUE(watch.wait_end("peer_closed", stream.size()));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    ASSERT_EQ(record.frames.size(), 3 * stream.size());
    for (std::size_t i = 0; i < record.frames.size(); ++i) {
        const RecordedFrame& frame = record.frames[i];
        EXPECT_EQ(frame.bytes, (std::array{"one", "", "three"}[i % 3]));
        EXPECT_EQ(frame.connection, i / 3 + 1);
        EXPECT_EQ(frame.stream_offset, (std::array{0U, 7U, 11U}[i % 3]));
        EXPECT_EQ(frame.wire_b, (std::array{7U, 4U, 9U}[i % 3]));
    }
    expect_exact(record);
    EXPECT_EQ(record.stats.back().framing->largest, 9U);
    EXPECT_TRUE(log_.lines().empty() || log_.lines()[0].find("bad_frame") == std::string::npos);
}

TEST_F(TcpClientStageFraming, PacketGroupsStayAndComeBehindTheirFramesAndTheEndBehindBoth) {
    LoopbackDevice device(send_once("one\ntwo\n"));
    ClientWatch& watch = clients_.add_watched_client(config_for(device, "lines"));
    clients_.start();
    ASSERT_TRUE(watch.wait_end("peer_closed"));
    clients_.pipeline.stop();
    const std::string story = watch.record().story;
    EXPECT_TRUE(story.starts_with("connectingup[one][two]<one\ntwo\n>waiting")) << story;
}

TEST_F(TcpClientStageFraming, LargeFramesAreWholeAndThePacketsHoldEachByteOnce) {
    constexpr std::size_t frames = 12;
    std::string stream;
    for (std::size_t i = 0; i < frames; ++i) {
        stream += framed(body_of(i, i % 3 == 2 ? 100 : 3'000'000 + i));
    }
    LoopbackDevice device(send_once(stream));
    TcpClientStageConfig config = config_for(device, "length:u32be,strip:4");
    config.group_size = 7;
    ClientWatch& watch = clients_.add_watched_client(config);
    clients_.start();
    ASSERT_TRUE(watch.wait_end("peer_closed"));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    EXPECT_TRUE(record.received() == stream);
    for (const RecordedGroup& group : record.groups) {
        EXPECT_TRUE(group.offsets_follow);
    }
    ASSERT_EQ(record.frames.size(), frames);
    for (std::size_t i = 0; i < frames; ++i) {
        EXPECT_TRUE(record.frames[i].bytes == body_of(i, i % 3 == 2 ? 100 : 3'000'000 + i)) << i;
    }
    expect_exact(record);
    // What came of a large frame together with a small one before it: a slab at most, each time.
    EXPECT_LE(record.stats.back().framing->copied, (1 + frames / 3) * config.receive_slab_size_b);
    EXPECT_LE(record.stats.back().pool.peak, receive_pool_size_b(config));
}

/// Frames of the largest size, one after the other, into the pool that there is by default.
class TcpClientStageLargestFrame : public TcpClientStageFraming,
                                   public ::testing::WithParamInterface<const char*> {};

TEST_P(TcpClientStageLargestFrame, FitsIntoTheDefaultPool) {
    constexpr std::size_t largest = std::size_t{16} * 1024 * 1024;
    constexpr std::size_t frames = 3;
    const bool has_length = std::string_view(GetParam()).starts_with("length");
    std::string stream;
    for (std::size_t i = 0; i < frames; ++i) {
        // A delimiter tells nothing of the length in advance.
        stream += has_length ? framed(std::string(largest - 4, static_cast<char>('a' + i)))
                             : std::string(largest - 1, static_cast<char>('a' + i)) + "\n";
    }
    LoopbackDevice device(send_once(stream));
    ClientWatch& watch = clients_.add_watched_client(config_for(device, GetParam()));
    clients_.start();
    ASSERT_TRUE(watch.wait_end("peer_closed", 1));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    ASSERT_EQ(record.frames.size(), frames);
    std::string all;
    for (const RecordedFrame& frame : record.frames) {
        EXPECT_EQ(frame.wire_b, largest);
        all += frame.bytes;
    }
    EXPECT_TRUE(all == stream);
    expect_exact(record);
}

INSTANTIATE_TEST_SUITE_P(Kinds, TcpClientStageLargestFrame,
                         ::testing::Values("length:u32be", "delimiter:0a,keep"));

TEST_F(TcpClientStageFraming, ABadFrameClosesTheConnectionWithItsReasonAndTheNextBeginsAnew) {
    const std::string good = framed("good");
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        connection.send(good + (number == 0 ? std::string("\xff\xff\xff\xff") + "evil" : ""));
        connection.drain();
    });
    ClientWatch& watch =
        clients_.add_watched_client(config_for(device, "length:u32be,strip:4,max:1KiB"));
    clients_.start();
    ASSERT_TRUE(watch.wait_end("bad_frame"));
    ASSERT_TRUE(watch.wait_frames(2));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    EXPECT_EQ(record.payloads(), (Texts{"good", "good"}));
    EXPECT_EQ(record.frames[1].connection, 2U);
    EXPECT_EQ(record.frames[1].stream_offset, 0U);
    const auto ended = std::find_if(record.states.begin(), record.states.end(),
                                    [](const ConnectionState& s) { return !s.reason.empty(); });
    EXPECT_NE(ended->message.find("a length of 4294967299; allowed are 1024"), std::string::npos)
        << ended->message;
    expect_exact(record);
    const SocketStats& last = record.stats.back();
    EXPECT_EQ(last.disconnects.bad_frame, 1U);
    EXPECT_EQ(last.framing->incidents.oversize, 1U);
    EXPECT_EQ(last.framing->incidents.total(), 1U);
    EXPECT_EQ(last.framing->skipped, 8U);
    const Texts lines = log_.lines();
    EXPECT_EQ(std::count(lines.begin(), lines.end(),
                         "bad_frame stage=device fault=oversize connection=1 stream_offset=8 "
                         "claimed_b=4294967299 limit_b=1024 front=ffffffff6576696c"),
              1);
}

TEST_F(TcpClientStageFraming, GarbageBeyondTheLimitOfHuntingEndsTheConnection) {
    const std::string frame("\xb5\x62\x01\x07\x00\x00\x08\x19", 8);
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        connection.send(std::string(number == 0 ? 101 : 100, 'g') + frame);
        connection.drain();
    });
    ClientWatch& watch = clients_.add_watched_client(
        config_for(device, "sync:b562,length:u16le@4,adjust:2,checksum:fletcher8@2,hunt:100"));
    clients_.start();
    ASSERT_TRUE(watch.wait_frames(1));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    EXPECT_EQ(record.payloads(), Texts{frame});
    EXPECT_EQ(record.frames[0].connection, 2U);
    const auto ended = std::find_if(record.states.begin(), record.states.end(),
                                    [](const ConnectionState& s) { return !s.reason.empty(); });
    EXPECT_EQ(ended->reason, "bad_frame");
    EXPECT_NE(ended->message.find("lost_sync at byte 100 of the stream: no frame within 100 bytes"),
              std::string::npos)
        << ended->message;
    expect_exact(record);
    EXPECT_EQ(record.stats.back().framing->incidents.lost_sync, 1U);
}

TEST_F(TcpClientStageFraming, AnOversizeFrameIsSkippedWhereTheFramingSaysSo) {
    LoopbackDevice device(send_once(framed("a") + framed(std::string(900'000, 'x')) + framed("b")));
    ClientWatch& watch = clients_.add_watched_client(
        config_for(device, "length:u32be,strip:4,max:1KiB,oversize:skip"));
    clients_.start();
    ASSERT_TRUE(watch.wait_end("peer_closed"));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    EXPECT_EQ(record.payloads(), (Texts{"a", "b"}));
    expect_exact(record);
    EXPECT_EQ(record.stats.back().framing->skipped, 900'004U);
    EXPECT_EQ(record.stats.back().framing->incidents.oversize, 1U);
    EXPECT_EQ(record.stats.back().disconnects.bad_frame, 0U);
}

TEST_F(TcpClientStageFraming, AFrameThatDoesNotComeInTimeEndsTheConnection) {
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        connection.send(number == 0 ? "whole\nbegun" : "again\n");
        connection.drain();
    });
    TcpClientStageConfig config = config_for(device, "lines");
    config.frame_timeout_ms = 30;
    ClientWatch& watch = clients_.add_watched_client(config);
    clients_.start();
    ASSERT_TRUE(watch.wait_end("frame_timeout"));
    ASSERT_TRUE(watch.wait_frames(2));
    // Silence between frames is none within one.
    ASSERT_TRUE(watch.wait([](const ClientRecord& r) { return r.stats.size() >= 2; }));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    EXPECT_EQ(record.payloads(), (Texts{"whole", "again"}));
    EXPECT_EQ(record.count_ends("frame_timeout"), 1U);
    expect_exact(record);
    EXPECT_EQ(record.stats.back().disconnects.frame_timeout, 1U);
    EXPECT_EQ(record.stats.back().framing->incidents.timeout, 1U);
    EXPECT_EQ(record.stats.back().framing->skipped, 5U);
}

TEST_F(TcpClientStageFraming, ATricklingFrameIsTimedFromItsFirstByte) {
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t /*number*/) {
        while (connection.send("x") == 1) {
        }
    });
    TcpClientStageConfig config = config_for(device, "lines,max:1GiB");
    config.frame_timeout_ms = 100;
    ClientWatch& watch = clients_.add_watched_client(config);
    clients_.start();
    ASSERT_TRUE(watch.wait_end("frame_timeout"));
    clients_.pipeline.stop();
}

TEST_F(TcpClientStageFraming, AFrameCutByTheEndIsToldAndOneCutByAStopIsCounted) {
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        connection.send("half");
        if (number > 0) {
            connection.drain();
        }
    });
    ClientWatch& watch = clients_.add_watched_client(config_for(device, "lines"));
    clients_.start();
    ASSERT_TRUE(watch.wait_end("peer_closed"));
    ASSERT_TRUE(watch.wait([](const ClientRecord& r) { return r.received() == "halfhalf"; }));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    EXPECT_TRUE(record.frames.empty());
    expect_exact(record);
    EXPECT_EQ(record.stats.back().framing->incidents.truncated, 2U);
    EXPECT_EQ(record.stats.back().framing->skipped, 8U);
    const Texts lines = log_.lines();
    EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                            [](const std::string& line) { return line.starts_with("bad_frame"); }),
              1);
}

TEST_F(TcpClientStageFraming, EscapesAreUndone) {
    LoopbackDevice device(send_once(std::string("\xc0one\xdb\xdc\xc0\xc0two\xc0", 12)));
    ClientWatch& watch = clients_.add_watched_client(config_for(device, "slip"));
    clients_.start();
    ASSERT_TRUE(watch.wait_end("peer_closed"));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    EXPECT_EQ(record.payloads(), (Texts{"one\xc0", "two"}));
    expect_exact(record);
}

/// Its frames are a digit and so many bytes.
class DigitFramer final : public Framer {
  public:
    [[nodiscard]] Scan scan(std::span<const std::byte> unparsed,
                            const ScanState& /*state*/) const override {
        if (unparsed.empty()) {
            return Scan::need(1);
        }
        const auto digit = std::to_integer<unsigned char>(unparsed.front());
        if (digit < '0' || digit > '9') {
            return {.kind = Scan::Kind::bad, .fault = FrameFault::bad_length};
        }
        const std::size_t frame_b = 1U + digit - '0';
        return unparsed.size() < frame_b ? Scan::need(frame_b)
                                         : Scan::frame(frame_b, 1, frame_b - 1);
    }
    [[nodiscard]] Result<FrameEnvelope> enclose(std::span<const std::byte> /*head*/,
                                                FrameBody /*body*/) const override {
        return Error(Errc::invalid_argument);
    }
    [[nodiscard]] std::size_t frame_b_max() const noexcept override { return 10; }
};

TEST_F(TcpClientStageFraming, AFramerOfTheProgramsOwnDoesAsWell) {
    LoopbackDevice device(send_once("3abc01d?"));
    ClientWatch& watch = clients_.add_watched_client(
        client_config(device.address()), "device", nullptr, std::make_shared<const DigitFramer>());
    clients_.start();
    ASSERT_TRUE(watch.wait_end("bad_frame"));
    clients_.pipeline.stop();
    EXPECT_EQ(watch.record().payloads(), (Texts{"abc", "", "d"}));
    expect_exact(watch.record());
}

TEST_F(TcpClientStageFraming, AFramerAndAFramingAreOneTooMany) {
    LoopbackDevice device(send_once(""));
    clients_.add_client(config_for(device, "lines"), "device", nullptr,
                        std::make_shared<const DigitFramer>());
    const Result<void> started = clients_.pipeline.start();
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().detail().find("framing is given together with a framer"),
              std::string::npos)
        << started.error().detail();
}

TEST_F(TcpClientStageFraming, ASharedPoolThatIsTooSmallForAFrameIsRefusedAtTheStart) {
    LoopbackDevice device(send_once(""));
    Result<std::unique_ptr<net::EventLoopThread>> loop =
        net::EventLoopThread::start({}, {.name = "shared", .affinity = {}});
    ASSERT_TRUE(loop);
    clients_.add_client(config_for(device, "length:u32be"), "device", &(*loop)->loop());
    const Result<void> started = clients_.pipeline.start();
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().detail().find("allowed are 67108864 bytes"), std::string::npos)
        << started.error().detail();
}

TEST_F(TcpClientStageFraming, ManySmallFramesAreGroupsOfABoundedSize) {
    constexpr std::size_t frames = 200'000;
    std::string stream;
    for (std::size_t i = 0; i < frames; ++i) {
        stream += std::to_string(i) + "\n";
    }
    LoopbackDevice device(send_once(stream));
    ClientWatch& watch = clients_.add_watched_client(config_for(device, "lines"));
    clients_.start();
    ASSERT_TRUE(watch.wait_end("peer_closed"));
    clients_.pipeline.stop();
    const ClientRecord record = watch.record();
    ASSERT_EQ(record.frames.size(), frames);
    std::size_t in_group = 0;
    for (std::size_t i = 0; i < frames; ++i) {
        ASSERT_EQ(record.frames[i].bytes, std::to_string(i));
        const bool goes_on = i > 0 && record.frames[i].sequence == record.frames[i - 1].sequence;
        in_group = goes_on ? in_group + 1 : 1;
        ASSERT_LE(in_group, 1024U);
    }
    EXPECT_LT(record.frames.back().sequence, frames / 100);
    expect_exact(record);
}

}  // namespace
}  // namespace sluice::test
