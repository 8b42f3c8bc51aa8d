#include "sluice/messages/frame_group.hpp"

#include <gtest/gtest.h>

#include "sluice/buffers/buffer_pool.hpp"

namespace sluice {
namespace {

TEST(FrameGroup, IsChargedWithItsFramesOnTheWireAndTheirDescription) {
    BufferPool pool;
    FrameGroup group;
    EXPECT_EQ(group.charge_b(), sizeof(FrameGroup));
    group.frames.push_back({.data = *pool.acquire(100), .stream_offset = 0, .wire_b = 104});
    group.frames.push_back({.data = {}, .stream_offset = 104, .wire_b = 4});
    EXPECT_EQ(group.payload_b(), 100U);
    EXPECT_EQ(group.charge_b(), sizeof(FrameGroup) + 2 * sizeof(TcpFrame) + 108);
}

TEST(FrameGroup, ClearGivesTheBuffersBackAndKeepsItsOwnMemory) {
    BufferPool pool;
    FrameGroup group;
    group.connection = 3;
    group.peer = "192.0.2.1:7502";
    group.sequence = 9;
    group.frames.push_back({.data = *pool.acquire(100), .stream_offset = 0, .wire_b = 104});
    group.frames.reserve(50);
    group.clear();
    EXPECT_EQ(pool.statistics().blocks, 0U);
    EXPECT_EQ(group.connection, 0U);
    EXPECT_EQ(group.peer, "");
    EXPECT_EQ(group.sequence, 0U);
    EXPECT_TRUE(group.frames.empty());
    EXPECT_GE(group.frames.capacity(), 50U);
}

}  // namespace
}  // namespace sluice
