/// The kinds of stages that a configuration may name.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/core/describe.hpp"
#include "sluice/net/event_loop.hpp"
#include "sluice/pipeline/stage.hpp"
#include "sluice/stages/stage_channels.hpp"
#include "sluice/stages/subscription_config.hpp"

namespace sluice::app {

/// A part of the worst case of a pipeline's memory.
struct MemoryNeed {
    std::string what;  ///< "lidar: receive pool"
    std::uint64_t bytes = 0;
};

/// What the system reserves for a thread, unless `ulimit -s` says something else.
inline constexpr std::uint64_t thread_stack_b = std::uint64_t{8} * 1024 * 1024;

/// What a stage gets besides its configuration.
struct StageContext {
    std::string name;  ///< Of the stage.
    /// The event loop of that name in the configuration; null if there is none, which is then told
    /// as a problem of the stage's key `event_loop`.
    std::function<net::EventLoop*(const std::string& loop)> find_event_loop;
};

/// One kind of stage.
struct StageType {
    std::string name;  ///< `type:` of a configuration.
    std::string text;  ///< One sentence.
    const StructDescription* config = nullptr;
    std::span<const StageChannel> channels;
    std::function<std::shared_ptr<void>()> make_config;
    std::function<std::unique_ptr<Stage>(const void* config, const StageContext&)> make_stage;
    /// Appends what such a stage may need at most, beside the queues of its subscriptions.
    std::function<void(const void* config, std::vector<MemoryNeed>&)> add_memory;
    /// Its subscriptions, for their memory; empty function if it has none.
    std::function<std::span<const SubscriptionConfig>(const void* config)> subscriptions;
    /// Whether it writes to a terminal, so that nothing else may be drawn there; empty function if
    /// it never does.
    std::function<bool(const void* config)> writes_terminal;
};

/// Kinds of stages by their names. To have stages of your own in a configuration, add them:
///
///     StageRegistry registry = built_in_stages();
///     registry.add<TemperatureStage, TemperatureConfig>(
///         "temperature", "Reads degrees from packets.", channels);
///     return run_command({.config_path = argv[1]}, registry);
///
/// examples/own_command.cpp is the whole program.
/// `Config` is default-constructible, described, and what the stage's constructor takes.
class StageRegistry {
  public:
    /// `channels` must outlive the registry. REQUIRES: no kind of this name yet. Returns the entry,
    /// whose functions may be replaced.
    template <typename StageClass, typename Config>
    StageType& add(std::string name, std::string text, std::span<const StageChannel> channels);

    /// Null if there is no such kind.
    [[nodiscard]] const StageType* find(std::string_view name) const noexcept;
    /// In the order of adding.
    [[nodiscard]] std::span<const StageType> types() const noexcept { return types_; }
    [[nodiscard]] std::vector<std::string_view> names() const;

  private:
    StageType& add(StageType type);

    std::vector<StageType> types_;
};

template <typename StageClass, typename Config>
StageType& StageRegistry::add(std::string name, std::string text,
                              std::span<const StageChannel> channels) {
    StageType type;
    type.name = std::move(name);
    type.text = std::move(text);
    type.config = &describe(TypeTag<Config>{});
    type.channels = channels;
    type.make_config = [] { return std::make_shared<Config>(); };
    type.make_stage = [](const void* config, const StageContext&) -> std::unique_ptr<Stage> {
        return std::make_unique<StageClass>(*static_cast<const Config*>(config));
    };
    if constexpr (requires(const Config& config) {
                      std::span<const SubscriptionConfig>(config.subscribe);
                  }) {
        type.subscriptions = [](const void* config) {
            return std::span<const SubscriptionConfig>(
                static_cast<const Config*>(config)->subscribe);
        };
    }
    return add(std::move(type));
}

/// The stages that come with Sluice.
[[nodiscard]] StageRegistry built_in_stages();

}  // namespace sluice::app
