// Random single-threaded histories against a model: a std::deque of serial numbers. The gap that a
// pop tells is judged by the serial numbers alone.

#include "sluice/sync/bounded_queue.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <numeric>
#include <type_traits>
#include <vector>

namespace sluice::sync {
namespace {

struct Parcel {
    std::uint64_t serial = 0;  ///< Counts accepted parcels from 1.
    std::size_t weight = 0;
};

struct ByWeight {
    std::size_t operator()(const Parcel& parcel) const { return parcel.weight; }
};

/// What the policies promise, told once more in the plainest way.
template <typename Policy>
class Model {
  public:
    explicit Model(const QueueLimits& limits) : limits_(limits) {}

    Result<void> push(std::size_t weight) {
        if (weight > limits_.weight) {
            return Error(Errc::too_large);
        }
        while (std::is_same_v<Policy, KeepLatest> && !queued.empty()) {
            drop_front();
        }
        while (std::is_same_v<Policy, DropOldest> && !has_room(weight)) {
            drop_front();
        }
        if (has_room(weight)) {
            queued.push_back({++pushed, weight});
        } else if (std::is_same_v<Policy, DropNewest>) {
            ++pushed;
            ++dropped;
        } else {
            return Error(Errc::would_block);
        }
        depth_max = std::max(depth_max, queued.size());
        return {};
    }

    /// The serial number of the oldest parcel.
    std::uint64_t pop() {
        const std::uint64_t serial = queued.front().serial;
        queued.pop_front();
        ++popped;
        return serial;
    }

    [[nodiscard]] std::size_t weight() const {
        return std::accumulate(
            queued.begin(), queued.end(), std::size_t{0},
            [](std::size_t sum, const Parcel& parcel) { return sum + parcel.weight; });
    }

    std::deque<Parcel> queued;
    std::uint64_t pushed = 0;
    std::uint64_t popped = 0;
    std::uint64_t dropped = 0;
    std::size_t depth_max = 0;

  private:
    [[nodiscard]] bool has_room(std::size_t weight_more) const {
        return queued.size() < limits_.items && weight() + weight_more <= limits_.weight;
    }
    void drop_front() {
        queued.pop_front();
        ++dropped;
    }

    QueueLimits limits_;
};

/// A queue and its model, which every step keeps side by side.
template <typename Policy>
class SideBySide {
  public:
    explicit SideBySide(const QueueLimits& limits) : queue_(limits), model_(limits) {}

    void push(std::size_t weight) {
        const Result<void> expected = model_.push(weight);
        const Result<void> actual = queue_.try_push({model_.pushed + (expected ? 0U : 1U), weight});
        RC_ASSERT(actual.has_value() == expected.has_value());
        RC_ASSERT((actual || actual.error().code() == expected.error().code()));
    }

    void push_batch(const std::vector<std::size_t>& weights) {
        std::vector<Parcel> parcels;
        std::uint64_t serial = model_.pushed;
        for (const std::size_t weight : weights) {
            parcels.push_back({++serial, weight});
        }
        std::size_t expected = 0;
        Result<void> last;
        while (last && expected < weights.size()) {
            last = model_.push(weights[expected]);
            expected += last ? 1U : 0U;
        }
        const Result<std::size_t> actual = queue_.try_push_batch(parcels);
        RC_ASSERT(actual.has_value() == (last.has_value() || expected > 0));
        RC_ASSERT(actual.value_or(0) == expected);
        RC_ASSERT((actual || actual.error().code() == last.error().code()));
    }

    void pop() {
        const Result<Popped<Parcel>> popped = queue_.try_pop();
        RC_ASSERT(popped.has_value() == !model_.queued.empty());
        if (popped) {
            compare(popped->item, popped->dropped);
        }
    }

    void pop_batch(std::size_t items_max) {
        PoppedBatch<Parcel> batch(items_max);
        const std::size_t depth = model_.queued.size();
        const bool popped = queue_.try_pop_batch(batch).has_value();
        RC_ASSERT(popped == (depth > 0));
        std::uint64_t gap = batch.dropped();
        for (const Parcel& parcel : batch) {
            compare(parcel, gap);
            gap = 0;
        }
        const bool took_all = batch.size() == std::min(depth, items_max);
        RC_ASSERT((took_all || model_.queued.front().serial != last_popped_ + 1));
    }

    void compare_ledgers() const {
        const QueueStatistics now = queue_.statistics();
        RC_ASSERT(now.pushed == now.popped + now.dropped + now.depth);
        RC_ASSERT(now.pushed == model_.pushed);
        RC_ASSERT(now.popped == model_.popped);
        RC_ASSERT(now.dropped == model_.dropped);
        RC_ASSERT(now.depth == model_.queued.size());
        RC_ASSERT(now.depth_max == model_.depth_max);
        RC_ASSERT(now.weight == model_.weight());
    }

  private:
    void compare(const Parcel& parcel, std::uint64_t dropped_before) {
        RC_ASSERT(parcel.serial == model_.pop());
        RC_ASSERT(dropped_before == parcel.serial - last_popped_ - 1);
        last_popped_ = parcel.serial;
    }

    BoundedQueue<Parcel, Policy, ByWeight> queue_;
    Model<Policy> model_;
    std::uint64_t last_popped_ = 0;
};

template <typename Policy>
void check_a_history() {
    const auto weights = rc::gen::inRange<std::size_t>(0, 12);
    SideBySide<Policy> both({.items = *rc::gen::inRange<std::size_t>(1, 6),
                             .weight = *rc::gen::inRange<std::size_t>(1, 16)});
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4));
    for (const int step : steps) {
        switch (step) {
            case 0:
                both.push(*weights);
                break;
            case 1:
                both.push_batch(*rc::gen::container<std::vector<std::size_t>>(weights));
                break;
            case 2:
                both.pop();
                break;
            default:
                both.pop_batch(*rc::gen::inRange<std::size_t>(1, 6));
                break;
        }
        both.compare_ledgers();
    }
}

RC_GTEST_PROP(BoundedQueueModel, WaitForRoomBehavesAsItsModel, ()) {
    check_a_history<WaitForRoom>();
}

RC_GTEST_PROP(BoundedQueueModel, DropOldestBehavesAsItsModel, ()) {
    check_a_history<DropOldest>();
}

RC_GTEST_PROP(BoundedQueueModel, DropNewestBehavesAsItsModel, ()) {
    check_a_history<DropNewest>();
}

RC_GTEST_PROP(BoundedQueueModel, KeepLatestBehavesAsItsModel, ()) {
    check_a_history<KeepLatest>();
}

}  // namespace
}  // namespace sluice::sync
