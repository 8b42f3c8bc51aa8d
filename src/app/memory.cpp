#include <array>
#include <cstdio>

#include "sluice/app/pipeline_config.hpp"

namespace sluice::app {

std::uint64_t total(const std::vector<MemoryNeed>& needs) noexcept {
    std::uint64_t sum = 0;
    for (const MemoryNeed& need : needs) {
        sum += std::min(need.bytes, UINT64_MAX - sum);
    }
    return sum;
}

std::vector<MemoryNeed> worst_case_memory(const PipelineConfig& config) {
    std::vector<MemoryNeed> needs;
    needs.push_back({"executor: stacks of threads", config.keys.executor.threads * thread_stack_b});
    for (const auto& [name, loop] : config.event_loops) {
        needs.push_back({"event loop " + name + ": receive pool", loop.receive_pool_size_b});
        needs.push_back({"event loop " + name + ": stack of the thread", thread_stack_b});
    }
    for (const ConfiguredStage& stage : config.stages) {
        std::vector<MemoryNeed> own;
        if (stage.type->add_memory) {
            stage.type->add_memory(stage.config.get(), own);
        }
        if (stage.type->subscriptions) {
            for (const SubscriptionConfig& subscription :
                 stage.type->subscriptions(stage.config.get())) {
                own.push_back({"queue of " + subscription.channel, subscription.queue_size_b});
            }
        }
        for (MemoryNeed& need : own) {
            needs.push_back({stage.name + ": " + need.what, need.bytes});
        }
    }
    return needs;
}

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array<const char*, 7> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    char text[32];
    const bool is_whole = value >= 100 || value == static_cast<double>(static_cast<int>(value));
    std::snprintf(text, sizeof text, is_whole ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

}  // namespace sluice::app
