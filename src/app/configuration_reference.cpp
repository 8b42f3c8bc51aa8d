#include <vector>

#include "sluice/app/configuration_markdown.hpp"
#include "sluice/app/pipeline_config.hpp"

namespace sluice::app {
namespace {

constexpr const char* introduction = R"(# Configuration

This reference is what `sluice stages --markdown` prints: it derives from the same descriptions as
the reading of files.

A pipeline is a YAML file: a mapping with `stages`, and if need be `event_loops`, `executor`,
`stop_timeout_ms` and `memory_limit_b`.

```yaml
stages:
  lidar:                               # the stage's name, and its namespace /lidar
    type: tcp_client
    address: 192.168.1.201:7502
    event_loop: shared                 # leave this away for a thread of the stage's own
  show:
    type: print
    subscribe: [{channel: /lidar/packet_group, policy: drop_oldest, queue_depth: 64}]
event_loops:
  shared: {thread_priority: 10}
executor: {threads: 2}
```

- `sluice check FILE` tells everything that is wrong, with line and column, what was given and what
  is allowed; and the memory that the pipeline may need at most.
- Names of stages have 1 to 64 letters, digits, `_` and `-`. Names of channels are relative to the
  stage's namespace unless they begin with `/`.
- A key ends with its unit: `_ms` milliseconds, `_b` bytes. 0 means "off" or "default" only where
  that is said; there is no word for "without limit".
- Numbers are decimal and not in quotes; `true` and `false` are the only booleans. Escapes such as
  `\r\n` work in double quotes only. Bytes above `7f` are given in hexadecimal (`..._hex`, `hex`).
- A file has at most 1 MiB and 32 levels. Anchors, aliases, tags and several documents are refused.

## Keys

)";

void append_channels(std::string& text, const StageType& type) {
    text += "\n### Channels of `" + type.name + "`\n\n" + type.text +
            "\n\n| channel | | type | what |\n|---|---|---|---|\n";
    for (const StageChannel& channel : type.channels) {
        const bool publishes = channel.direction == StageChannel::Direction::publishes;
        text += "| `" + std::string(channel.name) + "` | " +
                (publishes ? "publishes" : "subscribes") + " | " + std::string(channel.type) +
                " | " + std::string(channel.text) + " |\n";
    }
}

}  // namespace

std::string configuration_reference(const StageRegistry& registry) {
    std::vector<const StructDescription*> descriptions{&describe(TypeTag<PipelineKeys>{}),
                                                       &describe(TypeTag<EventLoopConfig>{}),
                                                       &describe(TypeTag<StageKeys>{})};
    for (const StageType& type : registry.types()) {
        descriptions.push_back(type.config);
    }
    std::string text = introduction + configuration_markdown(descriptions) + "\n## Channels\n";
    for (const StageType& type : registry.types()) {
        append_channels(text, type);
    }
    return text;
}

}  // namespace sluice::app
