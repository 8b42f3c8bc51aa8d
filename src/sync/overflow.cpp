#include "sluice/sync/overflow.hpp"

namespace sluice::sync {

Result<void> validate(const QueueLimits& limits) {
    if (limits.items == 0) {
        return Error(Errc::invalid_argument, "a queue's limit of items is 0; it must be 1 or more");
    }
    if (limits.weight == 0) {
        return Error(Errc::invalid_argument,
                     "a queue's limit of weight is 0; it must be 1 or more");
    }
    return {};
}

}  // namespace sluice::sync
