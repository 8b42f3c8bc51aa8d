#include <algorithm>
#include <bit>

#include "sluice/stages/tcp_client_stage.hpp"
#include "sluice/sys/thread.hpp"
#include "stages/frame_memory.hpp"
#include "stages/hex.hpp"

namespace sluice {
namespace {

using Config = TcpClientStageConfig;

constexpr double day_ms = 86'400'000;
constexpr double gibibyte = 1024.0 * 1024 * 1024;
constexpr double tebibyte = 1024 * gibibyte;
constexpr std::size_t on_connect_bytes_max = 65'536;
constexpr std::uint64_t slab_size_b_min = 16'384;
constexpr std::uint32_t dead_peer_timeout_ms_min = 2000;

/// Collects what is wrong.
class Complaints {
  public:
    explicit Complaints(std::vector<Complaint>& list) : list_(list) {}
    void error(std::string key, std::string message) {
        list_.push_back({Complaint::Severity::error, std::move(key), std::move(message)});
    }
    void warning(std::string key, std::string message) {
        list_.push_back({Complaint::Severity::warning, std::move(key), std::move(message)});
    }

  private:
    std::vector<Complaint>& list_;
};

bool has_valid_framing(const Config& config) {
    return config.framing && validate(*config.framing);
}

/// 16 MiB where the framing itself is wrong.
std::uint64_t pool_size_b(const Config& config) {
    Config judged = config;
    if (!has_valid_framing(config)) {
        judged.framing.reset();
    }
    return receive_pool_size_b(judged);
}

void check_framing(const Config& config, Complaints& complaints) {
    if (config.framing) {
        if (const Result<void> valid = validate(*config.framing); !valid) {
            complaints.error("framing", valid.error().detail());
        }
    }
}

void check_addresses(const Config& config, Complaints& complaints) {
    const bool is_unix = config.address.kind() == Address::Kind::unix_path;
    if (!is_unix && config.address.port() == 0) {
        complaints.error("address", "has port 0; allowed are 1 to 65535");
    }
    if (!config.local_address) {
        return;
    }
    const Address::Kind local = config.local_address->kind();
    if (is_unix || local == Address::Kind::name || local == Address::Kind::unix_path) {
        complaints.error("local_address",
                         "is " + config.local_address->to_string() +
                             "; allowed is a numeric address of this machine, for a device that is "
                             "reached by IP");
    }
}

void check_group(const Config& config, Complaints& complaints) {
    const std::uint64_t early_b = pool_size_b(config) / 4;
    if (config.event_loop.empty() && config.group_size > early_b) {
        complaints.error("group_size", "is " + std::to_string(config.group_size) +
                                           "; a group is published when it holds a quarter of "
                                           "receive_pool_size_b, so no more than " +
                                           std::to_string(early_b) + " packets ever fit");
    }
}

void check_thread(const Config& config, Complaints& complaints) {
    const CpuSet allowed = sys::allowed_cpus();
    if (!config.thread_processor_affinity.is_subset_of(allowed)) {
        complaints.warning("thread_processor_affinity",
                           "is " + config.thread_processor_affinity.to_string() +
                               "; on this machine a process may use " + allowed.to_string() +
                               ", and the stage would not start here");
    }
}

/// A shared loop has a thread and a pool already.
void check_event_loop(const Config& config, Complaints& complaints) {
    if (config.event_loop.empty()) {
        return;
    }
    const Config defaults;
    const std::pair<const char*, bool> given[] = {
        {"thread_priority", config.thread_priority != defaults.thread_priority},
        {"thread_processor_affinity", !config.thread_processor_affinity.empty()},
        {"receive_pool_size_b", config.receive_pool_size_b.has_value()},
        {"receive_slab_size_b", config.receive_slab_size_b != defaults.receive_slab_size_b},
    };
    for (const auto& [key, is_given] : given) {
        if (is_given) {
            complaints.error(key, "is given together with event_loop; set it on the event loop " +
                                      config.event_loop);
        }
    }
}

void check_pool(const Config& config, Complaints& complaints) {
    const std::uint64_t slab_b = config.receive_slab_size_b;
    const std::uint64_t pool_b = pool_size_b(config);
    if (!std::has_single_bit(slab_b) || slab_b < slab_size_b_min || slab_b > pool_b / 4) {
        complaints.error("receive_slab_size_b",
                         "is " + std::to_string(slab_b) +
                             "; allowed are powers of two from 16384 to a quarter of "
                             "receive_pool_size_b, which is " +
                             std::to_string(pool_b / 4));
    } else if (has_valid_framing(config) && config.event_loop.empty()) {
        const std::string problem =
            frame_memory_problem(*make_framer(*config.framing), pool_b, slab_b);
        if (!problem.empty()) {
            complaints.error("receive_pool_size_b", problem);
        }
    }
}

void check_kernel_buffers(const Config& config, Complaints& complaints) {
    const auto warn = [&complaints](const char* key, std::uint32_t size_b, const char* limit) {
        if (size_b != 0) {
            complaints.warning(key, "is " + std::to_string(size_b) +
                                        ": an explicit size switches the kernel's own growth off "
                                        "and may be smaller than what that would reach; " +
                                        limit + " caps it without an error. Leave it 0 if unsure");
        }
    };
    warn("kernel_receive_buffer_size_b", config.kernel_receive_buffer_size_b, "net.core.rmem_max");
    warn("kernel_transmit_buffer_size_b", config.kernel_transmit_buffer_size_b,
         "net.core.wmem_max");
}

void check_on_connect(const Config& config, Complaints& complaints) {
    if (!config.on_connect.empty() && !config.on_connect_hex.empty()) {
        complaints.error("on_connect_hex", "is given together with on_connect; allowed is one");
    }
    const Result<std::vector<std::byte>> bytes = parse_hex(config.on_connect_hex);
    if (!bytes) {
        complaints.error("on_connect_hex", bytes.error().detail());
    }
    const auto check_size = [&complaints](const char* key, std::size_t size_b) {
        if (size_b > on_connect_bytes_max) {
            complaints.error(key, "has " + std::to_string(size_b) + " bytes; allowed are 65536");
        }
    };
    check_size("on_connect", config.on_connect.size());
    check_size("on_connect_hex", bytes ? bytes->size() : 0);
}

void check_times(const Config& config, Complaints& complaints) {
    if (config.reconnect_initial_ms > config.reconnect_max_ms) {
        complaints.error("reconnect_initial_ms", "is " +
                                                     std::to_string(config.reconnect_initial_ms) +
                                                     "; allowed is no more than "
                                                     "reconnect_max_ms, which is " +
                                                     std::to_string(config.reconnect_max_ms));
    }
    if (config.dead_peer_timeout_ms != 0 &&
        config.dead_peer_timeout_ms < dead_peer_timeout_ms_min) {
        complaints.error("dead_peer_timeout_ms",
                         "is " + std::to_string(config.dead_peer_timeout_ms) +
                             "; allowed are 0 (off) and 2000 to 32767000, because keepalive "
                             "counts in seconds");
    }
}

void check(const Config& config, std::vector<Complaint>& list) {
    Complaints complaints(list);
    check_addresses(config, complaints);
    check_group(config, complaints);
    check_thread(config, complaints);
    check_event_loop(config, complaints);
    check_framing(config, complaints);
    check_pool(config, complaints);
    check_kernel_buffers(config, complaints);
    check_on_connect(config, complaints);
    check_times(config, complaints);
}

void describe_connection(Describer<Config>& describer) {
    describer
        .field("address", &Config::address,
               "The device to connect to. A name is resolved again at every attempt, and all its "
               "addresses are tried.")
        .required()
        .field("local_address", &Config::local_address,
               "The numeric address of this machine to leave from, to choose an interface.")
        .field("allow_local", &Config::allow_local,
               "Whether a name may resolve to this machine itself.");
}

void describe_reading(Describer<Config>& describer) {
    describer
        .field("group_size", &Config::group_size,
               "How many packets, each what one receive returned, to bundle before publishing a "
               "group.")
        .range(1, 65'536)
        .unit("packets")
        .field(
            "group_timeout_ms", &Config::group_timeout_ms,
            "When to publish a group that is not full, counted from its first packet; 0 = never.")
        .range(0, day_ms)
        .unit("milliseconds")
        .field("thread_priority", &Config::thread_priority,
               "Priority of the reading thread. 0 = the ordinary scheduler, 1 to 99 = SCHED_FIFO; "
               "without permission the thread stays an ordinary one, which is warned of.")
        .range(0, 99)
        .field("thread_processor_affinity", &Config::thread_processor_affinity,
               "The processors that the reading thread may run on; empty = all.")
        .field("event_loop", &Config::event_loop,
               "The name of an event loop to share with other stages; empty = an event loop and a "
               "thread of its own.");
}

void describe_framing(Describer<Config>& describer) {
    describer
        .field("framing", &Config::framing,
               "How to find messages in what is received: they are published on `frames`, besides "
               "the packets. What is sent stays as it is.")
        .field("frame_timeout_ms", &Config::frame_timeout_ms,
               "With framing: reconnects if a frame is not whole so long after its first byte.")
        .range(1, day_ms)
        .unit("milliseconds");
}

void describe_socket(Describer<Config>& describer) {
    describer.field("reuse_address", &Config::reuse_address, "Whether SO_REUSEADDR is set.")
        .field("enable_nodelay", &Config::enable_nodelay,
               "Whether TCP_NODELAY is set, so that small messages leave at once.")
        .field("kernel_receive_buffer_size_b", &Config::kernel_receive_buffer_size_b,
               "SO_RCVBUF: size of the kernel's receive buffer; 0 = the kernel's default, which "
               "grows by itself. An explicit size switches that growth off, may be smaller than "
               "what it would reach, and is capped by net.core.rmem_max.")
        .range(0, gibibyte)
        .unit("bytes")
        .field("kernel_transmit_buffer_size_b", &Config::kernel_transmit_buffer_size_b,
               "SO_SNDBUF: the same for the transmit buffer, capped by net.core.wmem_max.")
        .range(0, gibibyte)
        .unit("bytes")
        .field("kernel_receive_time", &Config::kernel_receive_time,
               "Whether packets carry the time at which the kernel received them. The kernel then "
               "stamps every packet of the machine, which costs each a little.");
}

void describe_sending(Describer<Config>& describer) {
    describer
        .field("egress_buffer_size_b", &Config::egress_buffer_size_b,
               "How much may wait in the stage for a device that does not keep up: at least the "
               "largest message, better twice that. What has no room is dropped and counted.")
        .range(1, gibibyte)
        .unit("bytes")
        .field("on_connect", &Config::on_connect,
               "A text to send at every connect before anything else.")
        .field("on_connect_hex", &Config::on_connect_hex,
               "The same as bytes in hexadecimal: `7e 00 7e`. Only one of the two may be given.");
}

void describe_reconnecting(Describer<Config>& describer) {
    describer
        .field("connect_timeout_ms", &Config::connect_timeout_ms,
               "How long one attempt may take, name resolution and all addresses together.")
        .range(1, day_ms)
        .unit("milliseconds")
        .field("reconnect_initial_ms", &Config::reconnect_initial_ms,
               "The first delay between two attempts; it doubles with each. A delay of d is drawn "
               "from d/2 to d.")
        .range(1, day_ms)
        .unit("milliseconds")
        .field("reconnect_max_ms", &Config::reconnect_max_ms,
               "The longest delay between two attempts.")
        .range(1, day_ms)
        .unit("milliseconds")
        .field("healthy_after_ms", &Config::healthy_after_ms,
               "How long a connection must be up before delays begin anew with the first.")
        .range(1, day_ms)
        .unit("milliseconds")
        .field("data_receive_timeout_ms", &Config::data_receive_timeout_ms,
               "Reconnects if no data was received for this long; 0 = off.")
        .range(0, day_ms)
        .unit("milliseconds")
        .field("dead_peer_timeout_ms", &Config::dead_peer_timeout_ms,
               "Reconnects if the device's machine acknowledged nothing for this long: keepalive "
               "and TCP_USER_TIMEOUT; 0 = off, else at least 2000.")
        .range(0, 32'767'000)
        .unit("milliseconds")
        .field("send_stall_timeout_ms", &Config::send_stall_timeout_ms,
               "Reconnects if a living device took nothing for this long although data waits; 0 = "
               "off.")
        .range(0, day_ms)
        .unit("milliseconds");
}

void describe_memory(Describer<Config>& describer) {
    describer
        .field("receive_pool_size_b", &Config::receive_pool_size_b,
               "The memory that received data live in until every subscriber is done with them. "
               "When it is used up, the stage does not read. By default 16 MiB; with framing at "
               "least twice what the longest frame takes: 64 MiB for frames of up to 16 MiB.")
        .range(65'536, tebibyte)
        .unit("bytes")
        .field("receive_slab_size_b", &Config::receive_slab_size_b,
               "The memory is taken in slabs of this size: a power of two, at most a quarter of "
               "the whole.")
        .range(16'384, gibibyte)
        .unit("bytes");
}

}  // namespace

std::uint64_t receive_pool_size_b(const TcpClientStageConfig& config) {
    const std::shared_ptr<const Framer> framer =
        config.framing ? make_framer(*config.framing) : nullptr;
    return config.receive_pool_size_b.value_or(
        default_pool_size_b(framer.get(), config.receive_slab_size_b));
}

const StructDescription& describe(TypeTag<TcpClientStageConfig>) {
    static const StructDescription description = [] {
        Describer<Config> describer("TcpClientStageConfig",
                                    "Stays connected to a device: publishes what it sends, sends "
                                    "what is published to it.");
        describe_connection(describer);
        describe_reading(describer);
        describe_framing(describer);
        describe_socket(describer);
        describe_sending(describer);
        describe_reconnecting(describer);
        describe_memory(describer);
        describer.check(check);
        return StructDescription(describer);
    }();
    return description;
}

}  // namespace sluice
