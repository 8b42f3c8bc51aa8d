#include "sluice/stages/subscription_config.hpp"

namespace sluice {

const StructDescription& describe(TypeTag<SubscriptionConfig>) {
    using Self = SubscriptionConfig;
    static const StructDescription description =
        Describer<Self>("SubscriptionConfig", "A channel to receive from, and what may wait.")
            .field("channel", &Self::channel,
                   "Its name: `/stage/channel`, or without '/' in front one of the stage's own.")
            .required()
            .field("policy", &Self::policy,
                   "What happens to a message that finds the queue full. Only `lossless` drops "
                   "nothing: the publishing stage waits.")
            .field("queue_depth", &Self::queue_depth, "How many messages may wait.")
            .range(1, 1'048'576)
            .unit("messages")
            .field("queue_size_b", &Self::queue_size_b,
                   "How many bytes the waiting messages may keep alive; a larger message passes "
                   "alone.")
            .range(1, 1024.0 * 1024 * 1024 * 1024)
            .unit("bytes");
    return description;
}

}  // namespace sluice
