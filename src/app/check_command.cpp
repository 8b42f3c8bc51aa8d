#include <algorithm>
#include <cstdio>
#include <string>

#include "app/problem_report.hpp"
#include "app/text_layout.hpp"
#include "sluice/app/assembly.hpp"
#include "sluice/app/exit_status.hpp"
#include "sluice/app/report.hpp"
#include "sluice/app/run.hpp"
#include "sluice/messages/json.hpp"

namespace sluice::app {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string value_text(const ValueType& type, const void* value) {
    std::string text;
    if (const auto* optional = std::get_if<OptionalType>(&type.kind)) {
        const void* const held = optional->load(value);
        return held != nullptr ? value_text(*optional->element, held) : "null";
    }
    const auto* nested = std::get_if<StructType>(&type.kind);
    if (nested != nullptr && nested->description->short_text() != nullptr) {
        nested->description->short_text()->print(value, text);
    } else {
        append_json(text, type, value);
    }
    return text;
}

std::string value_text(const Field& field, const void* object) {
    return value_text(*field.type, field.in(object));
}

/// Subscriptions are shown with the channels.
bool is_subscription(const ValueType& type) {
    const auto* nested = std::get_if<StructType>(&type.kind);
    return std::holds_alternative<ListType>(type.kind) ||
           (nested != nullptr && nested->description == &describe(TypeTag<SubscriptionConfig>{}));
}

/// The keys that are not as they would be without the file, on one line.
std::string facts(const ConfiguredStage& stage) {
    const StructDescription& description = *stage.type->config;
    std::string text;
    for (const Field& field : description.fields()) {
        const std::string value = value_text(field, stage.config.get());
        const bool is_default =
            description.defaults() != nullptr && value == value_text(field, description.defaults());
        if (!is_default && !is_subscription(*field.type)) {
            text += (text.empty() ? "" : ", ") + std::string(field.key) + ": " + value;
        }
    }
    return text;
}

std::string stages_text(const PipelineConfig& config) {
    std::string text = "Stages\n";
    for (const ConfiguredStage& stage : config.stages) {
        text += "  " + stage.name + " (" + stage.type->name + ")\n";
        text += wrapped(facts(stage), 4, 100);
    }
    return text;
}

/// The queue that the configuration gives this subscription; empty if it is none of it.
std::string queue_text(const ConfiguredStage& stage, const std::string& channel) {
    if (!stage.type->subscriptions) {
        return "";
    }
    const std::string name_space = stage.name_space.empty() ? "/" + stage.name : stage.name_space;
    for (const SubscriptionConfig& subscription : stage.type->subscriptions(stage.config.get())) {
        const bool is_absolute = subscription.channel.starts_with('/');
        if ((is_absolute ? "" : name_space + "/") + subscription.channel == channel) {
            const SubscriptionOptions options = subscription.options();
            return options.policy == SubscriptionPolicy::latest
                       ? ", 1 message"
                       : ", " + std::to_string(options.queue_depth) + " messages, " +
                             human_bytes(options.queue_size_b);
        }
    }
    return "";
}

std::string subscription_text(const SubscriptionStatistics& subscription) {
    if (subscription.delivery != DeliveryMode::queued) {
        return "inline";
    }
    return std::string(
        enumerators(TypeTag<SubscriptionPolicy>{})[static_cast<std::size_t>(subscription.policy)]);
}

/// "show (drop_oldest, 64 messages, 4 MiB), log (lossless, ...)"
std::string subscribers_text(const std::string& channel, const PipelineConfig& config,
                             const std::vector<StageStatistics>& statistics) {
    std::string text;
    for (const ConfiguredStage& stage : config.stages) {
        const auto found =
            std::find_if(statistics.begin(), statistics.end(),
                         [&](const StageStatistics& each) { return each.name == stage.name; });
        for (const SubscriptionStatistics& subscription : found->subscriptions) {
            if (subscription.channel == channel) {
                text += (text.empty() ? "" : ", ") + stage.name + " (" +
                        subscription_text(subscription) + queue_text(stage, channel) + ")";
            }
        }
    }
    return text.empty() ? "nobody" : text;
}

std::string names_text(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text.empty() ? "nobody" : text;
}

void append_indented(std::string& text, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
        text += "  " + line + "\n";
    }
}

std::string channels_text(const PipelineConfig& config, const Pipeline& pipeline) {
    const std::vector<StageStatistics> statistics = pipeline.statistics();
    Rows rows;
    for (const ChannelInfo& channel : pipeline.channels()) {
        rows.push_back({channel.name, channel.type, names_text(channel.publishers), "->",
                        subscribers_text(channel.name, config, statistics)});
    }
    std::string text = "Channels\n";
    append_indented(text, in_columns(rows, "lllll"));
    return text;
}

std::string memory_text(const PipelineConfig& config) {
    const std::vector<MemoryNeed> needs = worst_case_memory(config);
    Rows rows;
    for (const MemoryNeed& need : needs) {
        rows.push_back({need.what, human_bytes(need.bytes)});
    }
    rows.push_back({"sum", human_bytes(total(needs))});
    rows.push_back({"allowed (memory_limit_b)", human_bytes(config.keys.memory_limit_b)});
    std::string text = "Memory in the worst case, beside the kernel's socket buffers\n";
    append_indented(text, in_columns(rows, "lr"));
    return text;
}

}  // namespace

int check_command(const std::string& config_path, const StageRegistry& registry) {
    ConfigProblems problems(config_path);
    const LoadedConfig loaded = load_config(registry, problems);
    if (problems.errors() > 0) {
        return tell_problems(problems);
    }
    const Result<std::unique_ptr<Assembly>> assembly =
        Assembly::create(loaded.pipeline, Assembly::Purpose::look, problems);
    if (!assembly) {
        report(assembly.error().message());
        return exit_os;
    }
    if (*assembly == nullptr) {
        return tell_problems(problems);
    }
    const std::string text = stages_text(loaded.pipeline) + "\n" +
                             channels_text(loaded.pipeline, (*assembly)->pipeline()) + "\n" +
                             memory_text(loaded.pipeline);
    const bool is_written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
    const int status = tell_problems(problems);
    return is_written ? status : static_cast<int>(exit_io);
}

}  // namespace sluice::app
