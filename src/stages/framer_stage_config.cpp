#include "sluice/stages/framer_stage.hpp"
#include "stages/frame_memory.hpp"

namespace sluice {
namespace {

using Config = FramerStageConfig;

constexpr double day_ms = 86'400'000;
constexpr double tebibyte = 1024.0 * 1024 * 1024 * 1024;

void check(const Config& config, std::vector<Complaint>& complaints) {
    const auto complain = [&complaints](const char* key, std::string message) {
        complaints.push_back({.key = key, .message = std::move(message)});
    };
    if (config.input.channel.empty()) {
        complain("input", "has no channel");
    }
    if (!config.framing) {
        return;
    }
    if (const Result<void> valid = validate(*config.framing); !valid) {
        complain("framing", valid.error().detail());
        return;
    }
    std::string problem = frame_memory_problem(*make_framer(*config.framing), pool_size_b(config),
                                               framer_slab_size_b);
    if (!problem.empty()) {
        complain("pool_size_b", std::move(problem));
    }
}

}  // namespace

std::uint64_t pool_size_b(const FramerStageConfig& config) {
    const std::shared_ptr<const Framer> framer =
        config.framing ? make_framer(*config.framing) : nullptr;
    return config.pool_size_b.value_or(default_pool_size_b(framer.get(), framer_slab_size_b));
}

const StructDescription& describe(TypeTag<FramerStageConfig>) {
    static const StructDescription description =
        Describer<Config>("FramerStageConfig", "Cuts packets into frames, and frames what is sent.")
            .field("framing", &Config::framing,
                   "How to find messages in the packets, and to write them on the way back.")
            .required()
            .field("input", &Config::input,
                   "The channel of packet groups. Its policy is `lossless` unless given: what is "
                   "lost tears the stream.")
            .required()
            .field("frame_timeout_ms", &Config::frame_timeout_ms,
                   "A stream of which a frame is not whole so long after its first byte is given "
                   "up until the next connection.")
            .range(1, day_ms)
            .unit("milliseconds")
            .field("egress", &Config::egress,
                   "The channel to which what is published on `egress_messages` goes, framed, "
                   "such as /plc/egress_packets; empty: none.")
            .field("pool_size_b", &Config::pool_size_b,
                   "The memory of frames that did not come in one piece and of payloads with "
                   "escapes. By default 16 MiB, or twice what the longest frame takes, if that is "
                   "more.")
            .range(65'536, tebibyte)
            .unit("bytes")
            .check(check);
    return description;
}

const StructDescription& describe(TypeTag<FramerEgressCounts>) {
    using Self = FramerEgressCounts;
    static const StructDescription description =
        Describer<Self>("FramerEgressCounts", "Messages that were framed.")
            .field("accepted", &Self::accepted, "Published on egress_messages.")
            .field("published", &Self::published, "Framed, on the channel `egress`.")
            .field("refused", &Self::refused, "The framing cannot carry them.")
            .field("dropped", &Self::dropped, "For want of credit or memory.");
    return description;
}

const StructDescription& describe(TypeTag<FramerStats>) {
    using Self = FramerStats;
    static const StructDescription description =
        Describer<Self>("FramerStats", "What became of what a framer received.")
            .field("stage", &Self::stage, "The stage's name.")
            .field("time_ns", &Self::time, "Since the epoch of Unix.")
            .unit("nanoseconds")
            .field("connection", &Self::connection, "The last one.")
            .field("groups", &Self::groups, "Packet groups that came.")
            .field("dropped_groups", &Self::dropped_groups,
                   "Packet groups for which there was no memory for too long.")
            .field("holes", &Self::holes, "Where bytes of a connection were missing.")
            .field("framing", &Self::framing, "What became of the bytes.")
            .field("egress", &Self::egress, "Messages that were framed.");
    return description;
}

}  // namespace sluice
