#include "app/live_table.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "unit/app/stage_views.hpp"

namespace sluice::app {
namespace {

RunView view_of(std::vector<StageView> stages) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    return {view_time, std::move(stages)};
}

TEST(LiveTable, ConnectionsComeBeforeTheStagesThatWorkOnMessages) {
    StageView poll;
    poll.name = "poll";
    poll.published = 12;
    const std::vector<std::string> lines =
        live_table(view_of({poll, connected_stage("lidar"), waiting_stage("gnss"),
                            subscribed_stage("show", {.offered = 1275,
                                                      .delivered = 1200,
                                                      .failed = 1,
                                                      .dropped = 5,
                                                      .reclaimed = 3,
                                                      .stopped = 2,
                                                      .queued = 64})}),
                   100);
    ASSERT_EQ(lines.size(), 7U);
    EXPECT_EQ(lines[0], "13:46:40");
    EXPECT_EQ(lines[1],
              "CONNECTION  STATE    RECEIVED  PACKETS/S  GROUPS/S     SENT  DROPPED  "
              "            POOL  RECEIVED  SENT  PEER");
    EXPECT_EQ(lines[2],
              "lidar       up       4.9 MB/s      4,070       254  120 B/s        0  "
              "512 KiB / 16 MiB    1.2 GB   0 B  192.168.1.201:7502");
    EXPECT_EQ(lines[3],
              "gnss        waiting     0 B/s          0         0    0 B/s        0  "
              "       0 B / 0 B       0 B   0 B  connection_refused, retry in 3 s");
    EXPECT_EQ(lines[4], "STAGE  DELIVERED  DROPPED  QUEUED  PUBLISHED");
    EXPECT_EQ(lines[5], "poll           0        0       0         12");
    EXPECT_EQ(lines[6], "show       1,200       11      64          0");
}

TEST(LiveTable, WhatFindsNoRoomIsCounted) {
    std::vector<StageView> stages(20, connected_stage("lidar"));
    const std::vector<std::string> lines = live_table(view_of(std::move(stages)), 10);
    ASSERT_EQ(lines.size(), 10U);
    EXPECT_EQ(lines.back(), "... 13 lines more: the terminal is too low");
}

TEST(LiveTable, AStageThatToldNothingYetIsIdle) {
    StageView stage;
    stage.name = "lidar";
    stage.has_connection = true;
    const std::vector<std::string> lines = live_table(view_of({stage}), 10);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_TRUE(lines[2].starts_with("lidar       idle "));
}

}  // namespace
}  // namespace sluice::app
