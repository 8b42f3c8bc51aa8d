/// What the channels of a kind of stage are, for documents and listings.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice {

/// One channel. Each stage has a `stage_channels(TypeTag<XStage>)` that lists all of its channels.
struct StageChannel {
    enum class Direction : std::uint8_t { publishes, subscribes };

    /// Relative to the stage's namespace; or `<key>`: the channels that this key of the
    /// configuration names.
    std::string_view name;
    Direction direction;
    std::string_view type;  ///< The name of the messages' type; `any`.
    std::string_view text;  ///< One sentence.
};

}  // namespace sluice
