/// A stage that publishes what a test says.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/messages/connection_state.hpp"
#include "sluice/messages/frame_group.hpp"
#include "sluice/messages/tcp_packet_group.hpp"
#include "sluice/pipeline/pipeline.hpp"
#include "support/lambda_stage.hpp"

namespace sluice::test {

/// The stage `lidar` with the channels `packet_group`, `frames` and `connection_state`. Its memory
/// must outlive the pipeline.
class PacketSource {
  public:
    void add_to(Pipeline& pipeline) {
        pipeline.add("lidar", std::make_unique<LambdaStage>([this](StageInterface& stage) {
                         groups = stage.publisher<TcpPacketGroup>("packet_group");
                         frames = stage.publisher<FrameGroup>("frames");
                         states = stage.publisher<ConnectionState>("connection_state");
                     }));
    }

    [[nodiscard]] Buffer buffer(std::string_view bytes) {
        Buffer buffer = *pool.acquire(bytes.size());
        std::memcpy(buffer.writable().data(), bytes.data(), bytes.size());
        return buffer;
    }

    /// One group of packets, which follow each other in the stream from `offset` on.
    void publish(std::initializer_list<std::string_view> packets, std::uint64_t offset = 0,
                 std::uint64_t connection = 1) {
        Draft<TcpPacketGroup> group = groups.draft();
        group->connection = connection;
        for (const std::string_view bytes : packets) {
            TcpPacket& packet = group->packets.emplace_back();
            packet.data = buffer(bytes);
            packet.receive_time = SystemTime(std::chrono::milliseconds(1500));
            packet.stream_offset = offset;
            offset += bytes.size();
        }
        ASSERT_TRUE(groups.publish(std::move(group)));
    }

    /// One group of frames, each behind a header of 4 bytes.
    void publish_frames(std::initializer_list<std::string_view> payloads,
                        std::uint64_t offset = 0) {
        Draft<FrameGroup> group = frames.draft();
        for (const std::string_view bytes : payloads) {
            group->frames.push_back({.data = buffer(bytes),
                                     .receive_time = SystemTime(std::chrono::milliseconds(1500)),
                                     .receive_time_steady = {},
                                     .kernel_time = {},
                                     .stream_offset = offset,
                                     .wire_b = bytes.size() + 4});
            offset += bytes.size() + 4;
        }
        ASSERT_TRUE(frames.publish(std::move(group)));
    }

    void publish_state(ConnectionStatus status, std::uint64_t connection) {
        Draft<ConnectionState> state = states.draft();
        state->state = status;
        state->connection = connection;
        ASSERT_TRUE(states.publish(std::move(state)));
    }

    BufferPool pool{
        {.size_b = std::size_t{16} * 1024 * 1024, .slab_size_b = std::size_t{64} * 1024}};
    Publisher<TcpPacketGroup> groups;
    Publisher<FrameGroup> frames;
    Publisher<ConnectionState> states;
};

}  // namespace sluice::test
