/// How stages and channels of a pipeline fit together.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/actor.hpp"
#include "sluice/pipeline/pipeline.hpp"

namespace sluice::detail {

/// By name, in the order of the alphabet.
using Channels = std::map<std::string, std::unique_ptr<Channel>, std::less<>>;
using Actors = std::vector<std::unique_ptr<Actor>>;

/// Makes the channels and joins their ends. Appends what is wrong to `errors`.
[[nodiscard]] Channels join_channels(const Actors& actors, std::vector<PipelineError>& errors);

/// Appends what is wrong with names, types, deliveries and rings.
void check_graph(const Actors& actors, const Channels& channels,
                 std::vector<PipelineError>& errors);

/// Those who produce before those who consume. In a ring, inline subscriptions do not count,
/// because they have no queue to drain; if it is one all the same, the stage that was added first
/// is first.
[[nodiscard]] std::vector<Actor*> sources_first(const Actors& actors);

}  // namespace sluice::detail
