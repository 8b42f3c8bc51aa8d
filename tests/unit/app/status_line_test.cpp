#include "app/status_line.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "unit/app/stage_views.hpp"

namespace sluice::app {
namespace {

std::string line_of(std::vector<StageView> stages) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    return status_line({view_time, std::move(stages)});
}

TEST(StatusLine, TellsOfAllStagesInTheirOrder) {
    EXPECT_EQ(
        line_of({connected_stage("lidar"), waiting_stage("gnss"),
                 subscribed_stage(
                     "show", {.offered = 1267, .delivered = 1200, .dropped = 3, .queued = 64})}),
        "13:46:40 lidar up 4.9 MB/s 4,070 pkt/s published 1.2 GB | gnss waiting "
        "(connection_refused, retry in 3 s) | show 1,200 delivered 64 queued 3 dropped");
}

TEST(StatusLine, TellsWhatWasSentAndWhatWasNot) {
    StageView stage = connected_stage("lidar");
    stage.socket->egress.sent = 7;
    stage.socket->egress.dropped.buffer_full = 2;
    stage.socket->egress.dropped.not_connected = 3;
    EXPECT_EQ(line_of({stage}),
              "13:46:40 lidar up 4.9 MB/s 4,070 pkt/s published 1.2 GB 7 sent 5 dropped");
}

TEST(StatusLine, ARetryThatIsDueIsNotInThePast) {
    StageView stage = waiting_stage("gnss");
    stage.connection->time = view_time - std::chrono::seconds(60);
    EXPECT_EQ(line_of({stage}), "13:46:40 gnss waiting (connection_refused, retry in 0 s)");
}

TEST(StatusLine, AStageWithoutMessagesIsIdle) {
    StageView stage;
    stage.name = "poll";
    EXPECT_EQ(line_of({stage}), "13:46:40 poll idle");
    stage.published = 1;
    EXPECT_EQ(line_of({stage}), "13:46:40 poll 1 published");
}

}  // namespace
}  // namespace sluice::app
