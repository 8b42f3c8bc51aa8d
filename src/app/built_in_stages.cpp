#include <unistd.h>

#include <algorithm>

#include "sluice/app/stage_registry.hpp"
#include "sluice/messages/frame_group.hpp"
#include "sluice/messages/tcp_packet_group.hpp"
#include "sluice/net/transmit_queue.hpp"
#include "sluice/stages/counter_check_stage.hpp"
#include "sluice/stages/framer_stage.hpp"
#include "sluice/stages/print_stage.hpp"
#include "sluice/stages/publish_stage.hpp"
#include "sluice/stages/tcp_client_stage.hpp"
#include "sluice/stages/text_output.hpp"

namespace sluice::app {
namespace {

constexpr std::uint64_t frame_group_b_max =
    sizeof(FrameGroup) + FrameGroup::frames_max * sizeof(TcpFrame);

std::unique_ptr<Stage> make_tcp_client(const void* object, const StageContext& context) {
    const auto& config = *static_cast<const TcpClientStageConfig*>(object);
    net::EventLoop* const shared =
        config.event_loop.empty() ? nullptr : context.find_event_loop(config.event_loop);
    return std::make_unique<TcpClientStage>(config, shared);
}

void add_tcp_client_memory(const void* object, std::vector<MemoryNeed>& needs) {
    const auto& config = *static_cast<const TcpClientStageConfig*>(object);
    if (config.event_loop.empty()) {
        needs.push_back({"receive pool", receive_pool_size_b(config)});
        needs.push_back({"stack of the reading thread", thread_stack_b});
    }
    needs.push_back({"egress buffer", net::memory_b(net::EgressOptions{
                                          .buffer_size_b = config.egress_buffer_size_b})});
    needs.push_back(
        {"open packet group",
         sizeof(TcpPacketGroup) + std::uint64_t{config.group_size} * sizeof(TcpPacket)});
    if (config.framing) {
        needs.push_back({"open frame group", frame_group_b_max});
    }
}

/// A shown byte takes five characters at most, in base64 less than two; a text that grows has twice
/// its size.
void add_print_memory(const void* object, std::vector<MemoryNeed>& needs) {
    const auto& config = *static_cast<const PrintStageConfig*>(object);
    std::uint64_t message_b = 5 * config.max_bytes;
    if (config.format == PrintFormat::json) {
        for (const SubscriptionConfig& input : config.subscribe) {
            message_b = std::max(message_b, std::min(input.queue_size_b, UINT64_MAX / 8) * 2);
        }
    }
    needs.push_back({"text for its reader", 2 * (TextOutput::waiting_b_max + message_b)});
}

void add_framer_memory(const void* object, std::vector<MemoryNeed>& needs) {
    needs.push_back(
        {"pool of joined frames", pool_size_b(*static_cast<const FramerStageConfig*>(object))});
    needs.push_back({"open frame group", frame_group_b_max});
}

std::span<const SubscriptionConfig> framer_subscriptions(const void* object) {
    return {&static_cast<const FramerStageConfig*>(object)->input, 1};
}

/// What is published, and the copy that is on its way.
void add_publish_memory(const void* object, std::vector<MemoryNeed>& needs) {
    const auto& config = *static_cast<const PublishStageConfig*>(object);
    if (config.file) {
        needs.push_back({"file", 2 * PublishStageConfig::file_size_b_max});
    }
    if (config.standard_input) {
        needs.push_back({"stack of the input's thread", thread_stack_b});
    }
}

bool print_writes_terminal(const void* object) {
    const auto& config = *static_cast<const PrintStageConfig*>(object);
    const bool is_output = config.output == PrintOutput::standard_output;
    return ::isatty(is_output ? STDOUT_FILENO : STDERR_FILENO) != 0;
}

}  // namespace

StageRegistry built_in_stages() {
    StageRegistry registry;
    StageType& tcp_client = registry.add<TcpClientStage, TcpClientStageConfig>(
        "tcp_client",
        "Stays connected to a device; publishes what it sends, sends what is published.",
        stage_channels(TypeTag<TcpClientStage>{}));
    tcp_client.make_stage = make_tcp_client;
    tcp_client.add_memory = add_tcp_client_memory;
    StageType& framer = registry.add<FramerStage, FramerStageConfig>(
        "framer", "Cuts packets into frames, and frames what is to be sent.",
        stage_channels(TypeTag<FramerStage>{}));
    framer.add_memory = add_framer_memory;
    framer.subscriptions = framer_subscriptions;
    StageType& print = registry.add<PrintStage, PrintStageConfig>(
        "print", "Shows messages of any channels.", stage_channels(TypeTag<PrintStage>{}));
    print.add_memory = add_print_memory;
    print.writes_terminal = print_writes_terminal;
    registry
        .add<PublishStage, PublishStageConfig>(
            "publish", "Publishes what the configuration says, or standard input, to a device.",
            stage_channels(TypeTag<PublishStage>{}))
        .add_memory = add_publish_memory;
    registry.add<CounterCheckStage, CounterCheckStageConfig>(
        "counter_check", "Checks streams of counting devices and tells what is missing, and why.",
        stage_channels(TypeTag<CounterCheckStage>{}));
    return registry;
}

}  // namespace sluice::app
