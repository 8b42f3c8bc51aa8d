#include "app/ledger.hpp"

#include <gtest/gtest.h>

#include "unit/app/stage_views.hpp"

namespace sluice::app {
namespace {

std::string text_of(const StageView& stage) {
    return ledger_text({stage_ledger(stage)});
}

bool holds(const StageView& stage) {
    return all_hold({stage_ledger(stage)});
}

StageView with_egress() {
    StageView stage = connected_stage("lidar");
    stage.socket->disconnects = {.peer_closed = 2, .stopped = 1};
    stage.socket->egress = {
        .accepted = 12, .sent = 9, .queued = 1, .dropped = {.not_connected = 1, .buffer_full = 1}};
    stage.socket->egress_bytes = {.accepted = 120,
                                  .sent = 90,
                                  .queued = 10,
                                  .dropped = {.not_connected = 10, .buffer_full = 10}};
    return stage;
}

TEST(Ledger, TellsWhatBecameOfTheBytesOfAConnection) {
    EXPECT_EQ(text_of(with_egress()),
              "lidar\n"
              "  bytes: received 1,200,000,007 = published 1,200,000,000 + open group 7\n"
              "  packets: received 4,080 = published 4,070 + open group 10\n"
              "  groups: received 256 = published 255 + open group 1\n"
              "  egress messages: accepted 12 = sent 9 + dropped 2 (not_connected 1, buffer_full "
              "1) + queued 1\n"
              "  egress bytes: accepted 120 = sent 90 + dropped 20 (not_connected 10, buffer_full "
              "10) + queued 10\n"
              "  connected 1 time in 3 attempts; ends: peer_closed 2, stopped 1\n");
    EXPECT_TRUE(holds(with_egress()));
}

StageView with_framing() {
    StageView stage = connected_stage("gnss");
    stage.socket->framing = FramingStats{.received = 100,
                                         .frames = 3,
                                         .payload = 80,
                                         .overhead = 12,
                                         .skipped = 5,
                                         .buffered = 3,
                                         .copied = 3,
                                         .largest = 40,
                                         .incidents = {.bad_sync = 1, .bad_checksum = 1}};
    return stage;
}

TEST(Ledger, TellsWhatBecameOfTheBytesThatWereCutIntoFrames) {
    const std::string text = text_of(with_framing());
    EXPECT_NE(text.find("\n  framing bytes: received 100 = payload 80 + overhead 12 + skipped 5 "
                        "(bad_sync 1, bad_checksum 1) + buffered 3\n"),
              std::string::npos)
        << text;
    EXPECT_TRUE(holds(with_framing()));
    for (std::uint64_t FramingStats::*count :
         {&FramingStats::received, &FramingStats::payload, &FramingStats::overhead,
          &FramingStats::skipped, &FramingStats::buffered}) {
        StageView wrong = with_framing();
        ++((*wrong.socket->framing).*count);
        EXPECT_FALSE(holds(wrong));
    }
}

TEST(Ledger, TellsWhatBecameOfTheMessagesOfASubscription) {
    const StageView stage = subscribed_stage("show", {.offered = 1275,
                                                      .delivered = 1200,
                                                      .failed = 1,
                                                      .dropped = 5,
                                                      .reclaimed = 3,
                                                      .stopped = 2,
                                                      .queued = 64});
    EXPECT_EQ(text_of(stage),
              "show\n  /lidar/packet_group: offered 1,275 = delivered 1,200 + failed 1 + dropped 5 "
              "+ reclaimed 3 + stopped 2 + queued 64\n");
    EXPECT_TRUE(holds(stage));
}

TEST(Ledger, PartsThatAreZeroAreLeftOut) {
    EXPECT_EQ(text_of(subscribed_stage("show", {.offered = 0})),
              "show\n  /lidar/packet_group: offered 0 = delivered 0\n");
}

/// Each count that the equations are made of, off by one.
TEST(Ledger, AnyCountThatIsWrongIsShouted) {
    std::vector<StageView> wrong;
    const auto add = [&wrong](auto change) {
        wrong.push_back(with_egress());
        change(*wrong.back().socket);
    };
    add([](SocketStats& stats) { ++stats.received.bytes; });
    add([](SocketStats& stats) { ++stats.received.packets; });
    add([](SocketStats& stats) { ++stats.received.groups; });
    add([](SocketStats& stats) { --stats.published.bytes; });
    add([](SocketStats& stats) { ++stats.open_group.packets; });
    add([](SocketStats& stats) { ++stats.egress.accepted; });
    add([](SocketStats& stats) { ++stats.egress.dropped.stopped; });
    add([](SocketStats& stats) { --stats.egress.queued; });
    add([](SocketStats& stats) { ++stats.egress_bytes.sent; });
    wrong.push_back(subscribed_stage("show", {.offered = 2, .delivered = 1}));
    wrong.push_back(subscribed_stage("show", {.offered = 1, .delivered = 1, .queued = 1}));
    for (const StageView& stage : wrong) {
        const std::string text = text_of(stage);
        EXPECT_NE(text.find("\n  DOES NOT HOLD: "), std::string::npos) << text;
        EXPECT_NE(text.find("THE LEDGER DOES NOT HOLD: "), std::string::npos) << text;
        EXPECT_FALSE(holds(stage)) << text;
    }
}

TEST(Ledger, OneWrongStageIsEnough) {
    EXPECT_FALSE(all_hold(
        {stage_ledger(with_egress()), stage_ledger(subscribed_stage("show", {.offered = 1}))}));
}

}  // namespace
}  // namespace sluice::app
