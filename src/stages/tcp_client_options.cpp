#include "stages/tcp_client_options.hpp"

#include <chrono>
#include <span>

#include "stages/frame_memory.hpp"
#include "stages/hex.hpp"

namespace sluice {
namespace {

/// Below this a fragment of a message to the device is copied, so that no small command keeps a
/// slab of somebody's pool.
constexpr std::size_t egress_copy_below_b = 4096;

std::vector<std::byte> on_connect_bytes(const TcpClientStageConfig& config) {
    if (!config.on_connect_hex.empty()) {
        return *parse_hex(config.on_connect_hex);
    }
    const std::span<const std::byte> bytes = std::as_bytes(std::span(config.on_connect));
    return {bytes.begin(), bytes.end()};
}

}  // namespace

net::LinkOptions link_options(const TcpClientStageConfig& config) {
    using std::chrono::milliseconds;
    net::LinkOptions options;
    options.address = config.address;
    options.local_address = config.local_address;
    options.allow_local = config.allow_local;
    options.socket.reuse_address = config.reuse_address;
    options.socket.enable_nodelay = config.enable_nodelay;
    options.socket.kernel_receive_buffer_size_b =
        static_cast<int>(config.kernel_receive_buffer_size_b);
    options.socket.kernel_transmit_buffer_size_b =
        static_cast<int>(config.kernel_transmit_buffer_size_b);
    options.socket.dead_peer_timeout = milliseconds(config.dead_peer_timeout_ms);
    options.socket.kernel_receive_time = config.kernel_receive_time;
    options.egress.policy = net::EgressPolicy::drop;
    options.egress.buffer_size_b = config.egress_buffer_size_b;
    options.egress.copy_below_b = egress_copy_below_b;
    options.connect_timeout = milliseconds(config.connect_timeout_ms);
    options.reconnect_initial = milliseconds(config.reconnect_initial_ms);
    options.reconnect_max = milliseconds(config.reconnect_max_ms);
    options.healthy_after = milliseconds(config.healthy_after_ms);
    options.data_receive_timeout = milliseconds(config.data_receive_timeout_ms);
    options.send_stall_timeout = milliseconds(config.send_stall_timeout_ms);
    options.on_connect = on_connect_bytes(config);
    return options;
}

net::EventLoopOptions loop_options(const TcpClientStageConfig& config, const Framer* framer) {
    net::EventLoopOptions options;
    options.receive_pool.size_b = config.receive_pool_size_b.value_or(
        default_pool_size_b(framer, config.receive_slab_size_b));
    options.receive_pool.slab_size_b = config.receive_slab_size_b;
    return options;
}

sys::ThreadOptions thread_options(const TcpClientStageConfig& config, std::string name) {
    return {.name = std::move(name),
            .priority = config.thread_priority,
            .affinity = config.thread_processor_affinity};
}

}  // namespace sluice
