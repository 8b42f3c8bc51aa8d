/// The stage that stays connected to a device: what it sends is published, what is published to it
/// is sent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "sluice/core/address.hpp"
#include "sluice/core/cpu_set.hpp"
#include "sluice/core/describe.hpp"
#include "sluice/core/result.hpp"
#include "sluice/framing/framing.hpp"
#include "sluice/pipeline/stage.hpp"
#include "sluice/stages/stage_channels.hpp"

namespace sluice {

namespace net {
class EventLoop;
}

/// The names are the keys of the configuration. Ranges stand in the description; 0 means "off" or
/// "the kernel's default" only where that is said.
struct TcpClientStageConfig {
    /// The device. A name is resolved again at every attempt.
    Address address;
    /// Leave from this numeric address of the machine, to choose an interface.
    std::optional<Address> local_address;
    /// Whether a name may resolve to this machine itself.
    bool allow_local = true;

    /// Packets to bundle before a group is published, and the longest wait of a group that is not
    /// full, from its first packet on; 0 = off.
    std::uint32_t group_size = 1;
    std::uint32_t group_timeout_ms = 100;

    /// Of the reading thread. 0: the ordinary scheduler; 1 to 99: SCHED_FIFO.
    int thread_priority = 0;
    CpuSet thread_processor_affinity;  ///< Empty: all processors.
    /// The name of a shared event loop; empty: one of the stage's own, with its own thread. Whoever
    /// assembles a pipeline finds the loop by it; the stage itself only checks that nothing else
    /// contradicts it.
    std::string event_loop;

    bool reuse_address = true;                        ///< SO_REUSEADDR
    bool enable_nodelay = true;                       ///< TCP_NODELAY
    std::uint32_t kernel_receive_buffer_size_b = 0;   ///< SO_RCVBUF; 0 = the kernel's default.
    std::uint32_t kernel_transmit_buffer_size_b = 0;  ///< SO_SNDBUF; 0 = the kernel's default.
    /// Ask the kernel when it received: TcpPacket::kernel_time.
    bool kernel_receive_time = false;

    /// Payload bytes that may wait for the device; a message of exactly this size fits.
    std::uint64_t egress_buffer_size_b = std::uint64_t{1024} * 1024;
    /// Written at every connect before anything else: as a text, or as bytes in hexadecimal.
    std::string on_connect;
    std::string on_connect_hex;

    std::uint32_t connect_timeout_ms = 5000;
    /// The delay between attempts: doubles from the first to the second, and begins anew once a
    /// connection was up for `healthy_after_ms`.
    std::uint32_t reconnect_initial_ms = 100;
    std::uint32_t reconnect_max_ms = 5000;
    std::uint32_t healthy_after_ms = 5000;
    /// When to give a connection up; 0 = off: nothing arrives; nothing is acknowledged; a living
    /// device takes nothing although data waits.
    std::uint32_t data_receive_timeout_ms = 0;
    std::uint32_t dead_peer_timeout_ms = 20'000;
    std::uint32_t send_stall_timeout_ms = 0;

    /// How to find messages in the stream; without it there is no channel `frames`.
    std::optional<Framing> framing;
    /// Reconnect when a frame is not whole so long after its first byte, while the stage reads.
    std::uint32_t frame_timeout_ms = 30'000;

    /// The memory that received data live in, of the stage's own event loop; by default as
    /// `receive_pool_size_b(config)` says.
    std::optional<std::uint64_t> receive_pool_size_b;
    std::uint64_t receive_slab_size_b = std::uint64_t{256} * 1024;
};
[[nodiscard]] const StructDescription& describe(TypeTag<TcpClientStageConfig>);

/// The size of the receive pool: as given, or 16 MiB, or with framing twice what the longest frame
/// takes, if that is more (64 MiB for frames of up to 16 MiB; with a framing that escapes bytes
/// twice that).
/// REQUIRES: the framing, if there is one, is valid.
[[nodiscard]] std::uint64_t receive_pool_size_b(const TcpClientStageConfig& config);

/// Stays connected to a device and publishes what it receives; a stage for a pipeline of one's own,
/// and `type: tcp_client` of a configuration.
///
///     TcpClientStageConfig config;
///     config.address = *Address::parse("192.168.1.201:7502");
///     config.group_size = 16;
///     pipeline.add("lidar", std::make_unique<TcpClientStage>(config));
///
/// Channels, relative to the stage's namespace:
///
///     packet_group      out  TcpPacketGroup: full, after `group_timeout_ms`, early for the sake of
///                            memory, and before every disconnect. Never of two connections.
///     frames            out  FrameGroup, with framing only: the frames that each receive made
///                            whole, before the packet group that has its bytes.
///     connection_state  out  ConnectionState: every change, with the reason; latched. The data of
///                            a connection are published before its end is.
///     socket_stats      out  SocketStats: once a second, also while disconnected or not reading;
///                            and once more when the stage has stopped.
///     egress_packets    in   EgressPacket: sent whole and in order, or dropped and counted by
///                            reason. Any threads may publish; no queue but the egress buffer.
///
/// While a lossless subscriber lacks room, the stage does not read, and TCP slows the device.
/// docs/tcp_client_stage.md tells everything that happens, and when.
class TcpClientStage final : public Stage {
  public:
    /// `shared_loop`, if any, must outlive the pipeline, and be run until the pipeline is stopped;
    /// the keys of thread and pool are its business then. Without it the stage starts a thread of
    /// its own, which has the stage's name. With a `framer` of the program's own, the stage frames
    /// as if `config.framing` were given, which then must not be; what is no frame ends the
    /// connection, unless the framer hunts for the next one.
    explicit TcpClientStage(TcpClientStageConfig config, net::EventLoop* shared_loop = nullptr,
                            std::shared_ptr<const Framer> framer = nullptr);
    ~TcpClientStage() override;

    void initialize(StageInterface& pipeline) override;
    /// Errors: `invalid_argument` for a configuration that is out of range or contradicts itself,
    /// or processors that this machine does not have; `limit_reached` for a lack of descriptors.
    /// A device that is not there is no error.
    Result<void> start() override;
    /// Dials.
    void begin() override;
    /// Publishes the open group, closes the connection or ends the attempt.
    void stop() override;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
[[nodiscard]] std::span<const StageChannel> stage_channels(TypeTag<TcpClientStage>) noexcept;

}  // namespace sluice
