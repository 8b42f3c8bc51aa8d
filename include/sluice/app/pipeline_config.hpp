/// A pipeline as a file describes it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/app/config_problem.hpp"
#include "sluice/app/stage_registry.hpp"
#include "sluice/app/yaml.hpp"
#include "sluice/core/cpu_set.hpp"
#include "sluice/core/describe.hpp"

namespace sluice::app {

/// An event loop that several stages share: a value of `event_loops`.
struct EventLoopConfig {
    int thread_priority = 0;
    CpuSet thread_processor_affinity{};
    std::uint64_t receive_pool_size_b = std::uint64_t{16} * 1024 * 1024;
    std::uint64_t receive_slab_size_b = std::uint64_t{256} * 1024;
    std::uint64_t receive_share_b = 0;
};
[[nodiscard]] const StructDescription& describe(TypeTag<EventLoopConfig>);

/// The threads that run the callbacks of stages: `executor`.
struct ExecutorConfig {
    std::uint32_t threads = 2;
    int thread_priority = 0;
    CpuSet thread_processor_affinity{};
};
[[nodiscard]] const StructDescription& describe(TypeTag<ExecutorConfig>);

/// The keys of the file itself, beside `stages` and `event_loops`.
struct PipelineKeys {
    ExecutorConfig executor;
    std::uint32_t stop_timeout_ms = 2000;
    std::uint64_t memory_limit_b = std::uint64_t{1024} * 1024 * 1024;
};
[[nodiscard]] const StructDescription& describe(TypeTag<PipelineKeys>);

/// The keys that every stage has.
struct StageKeys {
    std::string type;
    std::string name_space;
};
[[nodiscard]] const StructDescription& describe(TypeTag<StageKeys>);

struct ConfiguredStage {
    std::string name;
    std::string name_space;              ///< Empty: `/NAME`.
    const StageType* type = nullptr;     ///< In the registry.
    std::shared_ptr<const void> config;  ///< A `type->config`.
    const ConfigNode* node = nullptr;    ///< In the document, to say where a problem is.
};

struct PipelineConfig {
    std::vector<ConfiguredStage> stages;  ///< In the order of the file.
    std::vector<std::pair<std::string, EventLoopConfig>> event_loops;
    PipelineKeys keys;
};

/// Reads and judges the whole document; what is wrong is added to `problems`. With errors there,
/// the result is incomplete. It points into `document` and `registry`.
[[nodiscard]] PipelineConfig read_pipeline(const ConfigDocument& document,
                                           const StageRegistry& registry, ConfigProblems& problems);

/// What the pipeline may need at most, part by part: pools, buffers, queues, stacks of threads. The
/// kernel's socket buffers are not in it.
[[nodiscard]] std::vector<MemoryNeed> worst_case_memory(const PipelineConfig& config);
[[nodiscard]] std::uint64_t total(const std::vector<MemoryNeed>& needs) noexcept;

/// "16 MiB", "1.5 GiB", "312 B".
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

}  // namespace sluice::app
