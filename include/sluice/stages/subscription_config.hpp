/// A subscription as a configuration gives it.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/core/describe.hpp"
#include "sluice/pipeline/subscription.hpp"

namespace sluice {

/// In YAML: `{channel: /lidar/packet_group, policy: drop_oldest, queue_depth: 64}`.
struct SubscriptionConfig {
    std::string channel{};  ///< Relative to the stage's namespace, unless it begins with '/'.
    SubscriptionPolicy policy = SubscriptionPolicy::drop_oldest;
    std::uint64_t queue_depth = 64;
    std::uint64_t queue_size_b = std::uint64_t{4} * 1024 * 1024;

    [[nodiscard]] SubscriptionOptions options() const noexcept {
        return {.policy = policy, .queue_depth = queue_depth, .queue_size_b = queue_size_b};
    }
};
[[nodiscard]] const StructDescription& describe(TypeTag<SubscriptionConfig>);

}  // namespace sluice
