#include "sluice/app/pipeline_config.hpp"

#include <algorithm>
#include <array>

#include "sluice/app/read_struct.hpp"
#include "sluice/net/event_loop.hpp"
#include "sluice/sys/thread.hpp"

namespace sluice::app {
namespace {

constexpr std::array<std::string_view, 5> file_keys{"stages", "event_loops", "executor",
                                                    "stop_timeout_ms", "memory_limit_b"};
constexpr double memory_max_b = 1024.0 * 1024 * 1024 * 1024;

/// A processor that this machine lacks is no error of the file, which may be for another machine.
void check_processors(const CpuSet& affinity, std::vector<Complaint>& complaints) {
    const CpuSet allowed = sys::allowed_cpus();
    if (!affinity.is_subset_of(allowed)) {
        complaints.push_back({Complaint::Severity::warning, "thread_processor_affinity",
                              "is " + affinity.to_string() + ", but this machine allows " +
                                  allowed.to_string() + ": it cannot run here"});
    }
}

void check_event_loop(const EventLoopConfig& config, std::vector<Complaint>& complaints) {
    check_processors(config.thread_processor_affinity, complaints);
    const BufferPoolOptions pool{config.receive_pool_size_b, config.receive_slab_size_b};
    if (const Result<void> valid = validate(pool); !valid) {
        complaints.push_back(
            {Complaint::Severity::error, "receive_slab_size_b", valid.error().detail()});
    }
    if (config.receive_share_b > config.receive_pool_size_b) {
        complaints.push_back({Complaint::Severity::error, "receive_share_b",
                              "is " + std::to_string(config.receive_share_b) +
                                  ", more than the whole pool of " +
                                  std::to_string(config.receive_pool_size_b)});
    }
}

void check_executor(const ExecutorConfig& config, std::vector<Complaint>& complaints) {
    check_processors(config.thread_processor_affinity, complaints);
}

/// The children of a node that must be a mapping.
std::vector<const ConfigNode*> members(const ConfigNode& node, std::string_view of_what,
                                       ConfigProblems& problems) {
    if (node.kind != ConfigNode::Kind::mapping) {
        problems.error(node.position(), node.path(),
                       "is no mapping; it has " + std::string(of_what));
        return {};
    }
    return node.children;
}

ConfiguredStage read_stage(const ConfigNode& node, const StageRegistry& registry,
                           ConfigProblems& problems) {
    ConfiguredStage stage;
    stage.name = node.key;
    stage.node = &node;
    const ConfigNode* const type = node.find("type");
    if (node.kind != ConfigNode::Kind::mapping || type == nullptr ||
        type->kind != ConfigNode::Kind::scalar) {
        std::string names;
        for (const std::string_view name : registry.names()) {
            names += (names.empty() ? "" : ", ") + std::string(name);
        }
        problems.error(node.position(), node.path(), "needs a `type`; allowed are " + names);
        return stage;
    }
    stage.type = registry.find(type->text);
    if (stage.type == nullptr) {
        problems.error(type->position(), type->path(),
                       "unknown type " + in_quotes(type->text) + "; " +
                           suggestion(type->text, registry.names()));
        return stage;
    }
    StageKeys keys;
    const std::shared_ptr<void> config = stage.type->make_config();
    const std::array<StructTarget, 2> targets{StructTarget{&describe(TypeTag<StageKeys>{}), &keys},
                                              StructTarget{stage.type->config, config.get()}};
    static_cast<void>(read_struct(node, targets, problems));
    stage.name_space = keys.name_space;
    stage.config = config;
    return stage;
}

/// The keys of the file that are no mappings of names.
void read_keys(const ConfigNode& root, PipelineKeys& keys, ConfigProblems& problems) {
    ConfigNode rest = root;
    std::erase_if(rest.children, [&](const ConfigNode* child) {
        const bool is_known =
            std::find(file_keys.begin(), file_keys.end(), child->key) != file_keys.end();
        if (!is_known) {
            problems.error(
                child->position(), child->path(),
                "unknown key " + in_quotes(child->key) + "; " + suggestion(child->key, file_keys));
        }
        return !is_known || child->key == "stages" || child->key == "event_loops";
    });
    static_cast<void>(read_struct(rest, keys, problems));
}

void check_memory(const PipelineConfig& config, const ConfigNode& root, ConfigProblems& problems) {
    const std::vector<MemoryNeed> needs = worst_case_memory(config);
    if (total(needs) <= config.keys.memory_limit_b) {
        return;
    }
    const auto largest = std::max_element(
        needs.begin(), needs.end(),
        [](const auto& one, const auto& other) { return one.bytes < other.bytes; });
    const ConfigNode* const limit = root.find("memory_limit_b");
    problems.error(limit != nullptr ? limit->position() : root.position(), "memory_limit_b",
                   "is " + human_bytes(config.keys.memory_limit_b) +
                       ", but the pipeline may need " + human_bytes(total(needs)) +
                       "; the largest part is " + largest->what + " with " +
                       human_bytes(largest->bytes));
}

}  // namespace

const StructDescription& describe(TypeTag<EventLoopConfig>) {
    using Self = EventLoopConfig;
    static const StructDescription description =
        Describer<Self>("event_loop", "An event loop that several stages share by its name.")
            .field("thread_priority", &Self::thread_priority,
                   "0: the ordinary scheduler; 1 to 99: SCHED_FIFO.")
            .range(0, 99)
            .field("thread_processor_affinity", &Self::thread_processor_affinity,
                   "Which processors its thread may run on; empty: all.")
            .field("receive_pool_size_b", &Self::receive_pool_size_b,
                   "All memory that received data may take.")
            .range(65'536, memory_max_b)
            .unit("bytes")
            .field("receive_slab_size_b", &Self::receive_slab_size_b,
                   "The pieces of it: a power of two, at most a quarter of the pool.")
            .range(16'384, memory_max_b)
            .unit("bytes")
            .field(
                "receive_share_b", &Self::receive_share_b,
                "What one connection may keep of the pool while there are several; 0: a quarter.")
            .range(0, memory_max_b)
            .unit("bytes")
            .check(check_event_loop);
    return description;
}

const StructDescription& describe(TypeTag<ExecutorConfig>) {
    using Self = ExecutorConfig;
    static const StructDescription description =
        Describer<Self>("executor", "The threads that run the callbacks of stages.")
            .field("threads", &Self::threads, "How many.")
            .range(1, 256)
            .field("thread_priority", &Self::thread_priority,
                   "0: the ordinary scheduler; 1 to 99: SCHED_FIFO.")
            .range(0, 99)
            .field("thread_processor_affinity", &Self::thread_processor_affinity,
                   "Which processors they may run on; empty: all.")
            .check(check_executor);
    return description;
}

const StructDescription& describe(TypeTag<PipelineKeys>) {
    using Self = PipelineKeys;
    static const StructDescription description =
        Describer<Self>("pipeline", "The keys of the file, beside `stages` and `event_loops`.")
            .field("executor", &Self::executor, "The threads that run the callbacks of stages.")
            .field("stop_timeout_ms", &Self::stop_timeout_ms,
                   "How long a stop waits for what is queued; the rest is counted as stopped.")
            .range(0, 60'000)
            .unit("milliseconds")
            .field("memory_limit_b", &Self::memory_limit_b,
                   "A pipeline that may need more in the worst case is refused.")
            .range(1'048'576, memory_max_b)
            .unit("bytes");
    return description;
}

const StructDescription& describe(TypeTag<StageKeys>) {
    static const StructDescription description =
        Describer<StageKeys>("stage", "The keys that every stage has.")
            .field("type", &StageKeys::type, "The kind of stage.")
            .required()
            .field("namespace", &StageKeys::name_space,
                   "Where its channels are, such as /front/lidar; empty: / and the stage's name.");
    return description;
}

PipelineConfig read_pipeline(const ConfigDocument& document, const StageRegistry& registry,
                             ConfigProblems& problems) {
    PipelineConfig config;
    const ConfigNode& root = document.root();
    if (root.kind != ConfigNode::Kind::mapping) {
        problems.error(root.position(), "", "is no pipeline; it has a mapping with `stages`");
        return config;
    }
    read_keys(root, config.keys, problems);
    if (const ConfigNode* const loops = root.find("event_loops")) {
        for (const ConfigNode* const node : members(*loops, "a key for each loop", problems)) {
            EventLoopConfig& loop =
                config.event_loops.emplace_back(node->key, EventLoopConfig{}).second;
            static_cast<void>(read_struct(*node, loop, problems));
        }
    }
    const ConfigNode* const stages = root.find("stages");
    if (stages == nullptr ||
        (stages->kind == ConfigNode::Kind::mapping && stages->children.empty())) {
        problems.error(root.position(), "stages", "is missing: a pipeline has at least one stage");
        return config;
    }
    for (const ConfigNode* const node : members(*stages, "a key for each stage", problems)) {
        config.stages.push_back(read_stage(*node, registry, problems));
    }
    if (problems.errors() == 0) {
        check_memory(config, root, problems);
    }
    return config;
}

}  // namespace sluice::app
