/// A pipeline around TcpClientStages, in words: what they publish is written down.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/messages/connection_state.hpp"
#include "sluice/messages/egress_packet.hpp"
#include "sluice/messages/frame_group.hpp"
#include "sluice/messages/socket_stats.hpp"
#include "sluice/messages/tcp_packet_group.hpp"
#include "sluice/pipeline/pipeline.hpp"
#include "sluice/stages/tcp_client_stage.hpp"
#include "support/event.hpp"
#include "support/lambda_stage.hpp"

namespace sluice::test {

/// Reconnects almost at once.
inline TcpClientStageConfig client_config(std::string_view address) {
    TcpClientStageConfig config;
    config.address = *Address::parse(address);
    config.reconnect_initial_ms = 1;
    config.reconnect_max_ms = 4;
    return config;
}

/// A copy of a group, which holds no memory of the pool.
struct RecordedGroup {
    std::uint64_t connection = 0;
    std::string peer;
    std::uint64_t sequence = 0;
    std::vector<std::size_t> packets;  ///< Their sizes.
    std::string bytes;
    bool offsets_follow = true;  ///< Each packet begins where the one before ends.
    bool has_kernel_time = false;
    SystemTime receive_time{};         ///< Of the last packet.
    SteadyTime receive_time_steady{};  ///< Of the last packet.
};

inline RecordedGroup record(const TcpPacketGroup& group) {
    RecordedGroup copy{.connection = group.connection,
                       .peer = group.peer,
                       .sequence = group.sequence,
                       .packets = {},
                       .bytes = {}};
    const std::uint64_t begin = group.packets.empty() ? 0 : group.packets.front().stream_offset;
    for (const TcpPacket& packet : group.packets) {
        copy.offsets_follow &= packet.stream_offset == begin + copy.bytes.size();
        copy.has_kernel_time |= packet.kernel_time.has_value();
        copy.receive_time = packet.receive_time;
        copy.receive_time_steady = packet.receive_time_steady;
        copy.packets.push_back(packet.data.size());
        copy.bytes.append(reinterpret_cast<const char*>(packet.data.data()), packet.data.size());
    }
    return copy;
}

/// A copy of a frame.
struct RecordedFrame {
    std::uint64_t connection = 0;
    std::uint64_t sequence = 0;  ///< Of its group.
    std::string bytes;
    std::uint64_t stream_offset = 0;
    std::uint64_t wire_b = 0;
    SteadyTime receive_time_steady{};
};

/// What one stage published, in the order in which a subscriber of all its channels got it.
struct ClientRecord {
    std::vector<RecordedGroup> groups;
    std::vector<RecordedFrame> frames;
    std::vector<ConnectionState> states;
    std::vector<SocketStats> stats;
    /// "up", "waiting" and so on for states, the bytes of a group between '<' and '>', and those of
    /// each frame between '[' and ']'.
    std::string story;

    [[nodiscard]] std::size_t count(ConnectionStatus state) const {
        return static_cast<std::size_t>(
            std::count_if(states.begin(), states.end(),
                          [state](const ConnectionState& s) { return s.state == state; }));
    }
    [[nodiscard]] std::size_t count_ends(std::string_view reason) const {
        return static_cast<std::size_t>(
            std::count_if(states.begin(), states.end(),
                          [reason](const ConnectionState& s) { return s.reason == reason; }));
    }
    /// The payloads of the frames.
    [[nodiscard]] std::vector<std::string> payloads() const {
        std::vector<std::string> all;
        for (const RecordedFrame& frame : frames) {
            all.push_back(frame.bytes);
        }
        return all;
    }
    [[nodiscard]] std::string received() const {
        std::string all;
        for (const RecordedGroup& group : groups) {
            all += group.bytes;
        }
        return all;
    }
};

/// Subscribes to all channels of a client, without loss.
class ClientWatch {
  public:
    /// Of a client that frames, the frames too.
    explicit ClientWatch(std::string name, bool has_frames = false)
        : name_(std::move(name)), has_frames_(has_frames) {}

    void add_to(Pipeline& pipeline) {
        pipeline.add(name_ + "_watch",
                     std::make_unique<LambdaStage>(
                         [this](StageInterface& interface) { subscribe(interface); }));
    }

    /// Waits until `holds(record)`; false if it takes too long.
    template <typename Predicate>
    [[nodiscard]] bool wait(Predicate holds, std::chrono::seconds limit = patience) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [&] { return holds(record_); });
    }
    [[nodiscard]] bool wait_state(ConnectionStatus state, std::size_t times = 1) {
        return wait([&](const ClientRecord& r) { return r.count(state) >= times; });
    }
    [[nodiscard]] bool wait_end(std::string_view reason, std::size_t times = 1) {
        return wait([&](const ClientRecord& r) { return r.count_ends(reason) >= times; });
    }
    [[nodiscard]] bool wait_groups(std::size_t count) {
        return wait([&](const ClientRecord& r) { return r.groups.size() >= count; });
    }
    [[nodiscard]] bool wait_received(std::string_view bytes) {
        return wait([&](const ClientRecord& r) { return r.received() == bytes; });
    }
    [[nodiscard]] bool wait_frames(std::size_t count) {
        return wait([&](const ClientRecord& r) { return r.frames.size() >= count; });
    }
    /// The first statistics of which `holds` is true.
    template <typename Predicate>
    [[nodiscard]] SocketStats wait_stats(Predicate holds) {
        SocketStats found;
        EXPECT_TRUE(wait([&](const ClientRecord& r) {
            const auto at = std::find_if(r.stats.begin(), r.stats.end(), holds);
            if (at != r.stats.end()) {
                found = *at;
            }
            return at != r.stats.end();
        }));
        return found;
    }
    /// The first statistics of a connection that is up.
    [[nodiscard]] SocketStats wait_stats_up() {
        return wait_stats([](const SocketStats& s) { return s.state == ConnectionStatus::up; });
    }

    [[nodiscard]] ClientRecord record() const {
        const std::lock_guard lock(mutex_);
        return record_;
    }

  private:
    void subscribe(StageInterface& interface) {
        const SubscriptionOptions lossless{.policy = SubscriptionPolicy::lossless};
        interface.subscribe<TcpPacketGroup>("/" + name_ + "/packet_group", lossless,
                                            [this](const Delivery<TcpPacketGroup>& delivery) {
                                                add(test::record(delivery.message()));
                                            });
        if (has_frames_) {
            interface.subscribe<FrameGroup>(
                "/" + name_ + "/frames", lossless,
                [this](const Delivery<FrameGroup>& delivery) { add(delivery.message()); });
        }
        interface.subscribe<ConnectionState>(
            "/" + name_ + "/connection_state", lossless,
            [this](const Delivery<ConnectionState>& delivery) { add(delivery.message()); });
        interface.subscribe<SocketStats>(
            "/" + name_ + "/socket_stats", lossless,
            [this](const Delivery<SocketStats>& delivery) { add(delivery.message()); });
    }
    void add(RecordedGroup group) {
        const std::lock_guard lock(mutex_);
        record_.story += "<" + group.bytes + ">";
        record_.groups.push_back(std::move(group));
        changed_.notify_all();
    }
    void add(const FrameGroup& group) {
        const std::lock_guard lock(mutex_);
        for (const TcpFrame& frame : group.frames) {
            std::string bytes(reinterpret_cast<const char*>(frame.data.data()), frame.data.size());
            record_.story += "[" + bytes + "]";
            record_.frames.push_back({.connection = group.connection,
                                      .sequence = group.sequence,
                                      .bytes = std::move(bytes),
                                      .stream_offset = frame.stream_offset,
                                      .wire_b = frame.wire_b,
                                      .receive_time_steady = frame.receive_time_steady});
        }
        changed_.notify_all();
    }
    void add(const ConnectionState& state) {
        const std::lock_guard lock(mutex_);
        record_.states.push_back(state);
        record_.story +=
            enumerators(TypeTag<ConnectionStatus>{})[static_cast<std::size_t>(state.state)];
        changed_.notify_all();
    }
    void add(const SocketStats& stats) {
        const std::lock_guard lock(mutex_);
        record_.stats.push_back(stats);
        changed_.notify_all();
    }

    const std::string name_;
    const bool has_frames_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    ClientRecord record_;
};

/// A pipeline to which a test adds clients and what listens to them.
class ClientPipeline {
  public:
    TcpClientStage& add_client(const TcpClientStageConfig& config,
                               const std::string& name = "device",
                               net::EventLoop* shared_loop = nullptr,
                               std::shared_ptr<const Framer> framer = nullptr) {
        return pipeline.add(
            name, std::make_unique<TcpClientStage>(config, shared_loop, std::move(framer)));
    }
    /// A client with one who watches it.
    ClientWatch& add_watched_client(const TcpClientStageConfig& config,
                                    const std::string& name = "device",
                                    net::EventLoop* shared_loop = nullptr,
                                    std::shared_ptr<const Framer> framer = nullptr) {
        const bool has_frames = config.framing || framer != nullptr;
        add_client(config, name, shared_loop, std::move(framer));
        watches_.push_back(std::make_unique<ClientWatch>(name, has_frames));
        watches_.back()->add_to(pipeline);
        return *watches_.back();
    }
    /// One who listens to the groups of `device`.
    template <typename Callback>
    void add_listener(const std::string& name, const SubscriptionOptions& options,
                      Callback callback, const std::string& device = "device") {
        pipeline.add(name, std::make_unique<LambdaStage>(
                               [device, options, callback](StageInterface& interface) {
                                   interface.subscribe<TcpPacketGroup>(
                                       "/" + device + "/packet_group", options, callback);
                               }));
    }
    /// One who can send to `device`.
    void add_commander(const std::string& device = "device") {
        pipeline.add(device + "_commander",
                     std::make_unique<LambdaStage>([this, device](StageInterface& interface) {
                         commands_ =
                             interface.publisher<EgressPacket>("/" + device + "/egress_packets");
                     }));
    }
    [[nodiscard]] Draft<EgressPacket> command() { return commands_.draft(); }
    void send(Draft<EgressPacket> command) { EXPECT_TRUE(commands_.publish(std::move(command))); }
    void send(std::string_view text) {
        Draft<EgressPacket> draft = command();
        draft->assign(text);
        send(std::move(draft));
    }

    void start() {
        const Result<void> started = pipeline.start();
        ASSERT_TRUE(started) << started.error().message();
    }

  private:
    RealTimeExecutor executor_;
    std::vector<std::unique_ptr<ClientWatch>> watches_;
    Publisher<EgressPacket> commands_;

  public:
    Pipeline pipeline{executor_};  // last: it calls the others until it is gone
};

}  // namespace sluice::test
