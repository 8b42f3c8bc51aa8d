/// Sources and sinks of numbers, for tests of the pipeline.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sluice/pipeline/pipeline.hpp"
#include "support/lambda_stage.hpp"

namespace sluice::test {

/// A message that is charged with whatever the test says.
struct Number {
    std::uint64_t value = 0;
    std::size_t size_b = 1;

    [[nodiscard]] std::size_t charge_b() const noexcept { return size_b; }
};

using Numbers = std::vector<std::uint64_t>;

inline Result<void> publish(Publisher<Number>& numbers, std::uint64_t value, std::size_t size_b = 1,
                            WithoutCredit without_credit = WithoutCredit::refuse) {
    Draft<Number> draft = numbers.draft();
    *draft = {value, size_b};
    return numbers.publish(std::move(draft), without_credit);
}

inline void add_stage(Pipeline& pipeline, std::string name,
                      std::function<void(StageInterface&)> on_initialize,
                      std::function<Result<void>()> on_start = {},
                      std::function<void()> on_stop = {}, std::function<void()> on_begin = {}) {
    pipeline.add(std::move(name),
                 std::make_unique<LambdaStage>(std::move(on_initialize), std::move(on_start),
                                               std::move(on_stop), std::move(on_begin)));
}

/// A stage whose channel `numbers` the test publishes on.
struct Source {
    explicit Source(Pipeline& pipeline, std::string name = "source",
                    const PublisherOptions& options = {}) {
        add_stage(pipeline, std::move(name), [this, options](StageInterface& own) {
            stage = &own;
            numbers = own.publisher<Number>("numbers", options);
        });
    }

    Result<void> publish(std::uint64_t value, std::size_t size_b = 1,
                         WithoutCredit without_credit = WithoutCredit::refuse) {
        return test::publish(numbers, value, size_b, without_credit);
    }
    /// Publishes, and waits for credit whenever it is refused. False if the stage was stopped.
    bool publish_patiently(std::uint64_t value) {
        Result<void> published = publish(value);
        while (!published && stage->wait_ready()) {
            published = publish(value);
        }
        return published.has_value();
    }

    StageInterface* stage = nullptr;
    Publisher<Number> numbers;
};

/// A stage that writes down what it is given, then does as the test says. Its end stops the
/// pipeline, which would go on writing to it.
struct Sink {
    using Then = std::function<void(const Delivery<Number>&)>;

    explicit Sink(Pipeline& pipeline, const SubscriptionOptions& options, Then then = {},
                  std::string name = "sink", std::string channel = "/source/numbers")
        : pipeline_(pipeline) {
        add_stage(pipeline, std::move(name),
                  [this, options, then = std::move(then),
                   channel = std::move(channel)](StageInterface& own) {
                      stage = &own;
                      own.subscribe<Number>(channel, options,
                                            [this, then](const Delivery<Number>& delivery) {
                                                seen.push_back(delivery.message().value);
                                                lost.push_back(delivery.lost_before());
                                                if (then) {
                                                    then(delivery);
                                                }
                                            });
                  });
    }

    ~Sink() { pipeline_.stop(); }
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;

    StageInterface* stage = nullptr;
    Numbers seen;
    Numbers lost;  ///< Before each.

  private:
    Pipeline& pipeline_;
};

/// What the first subscription of a stage says of itself.
inline SubscriptionStatistics look_at(const Pipeline& pipeline, const std::string& name = "sink") {
    for (const StageStatistics& stage : pipeline.statistics()) {
        if (stage.name == name) {
            return stage.subscriptions.at(0);
        }
    }
    return {};
}

inline bool is_balanced(const SubscriptionLedger& ledger) {
    return ledger.offered == ledger.delivered + ledger.failed + ledger.dropped + ledger.reclaimed +
                                 ledger.stopped + ledger.queued;
}

/// Runs what can run now, and moves no clock.
inline void settle(SimulatedExecutor& executor) {
    executor.run_until(executor.now());
}

}  // namespace sluice::test
