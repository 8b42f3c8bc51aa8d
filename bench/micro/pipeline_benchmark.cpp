/// Messages from one thread through a lossless subscription to a sink on the executor's threads,
/// beside their rival: a BoundedQueue with a thread that pops batches. Both recycle their memory,
/// hold 1,024 messages at most and wait for room.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <utility>

#include "sluice/pipeline/pipeline.hpp"
#include "sluice/sync/bounded_queue.hpp"

namespace {

constexpr std::size_t depth = 1024;
constexpr std::uint64_t messages_a_round = 200'000;

struct Number {
    std::uint64_t value = 0;
};

class Source final : public sluice::Stage {
  public:
    void initialize(sluice::StageInterface& pipeline) override {
        stage_ = &pipeline;
        numbers_ = pipeline.publisher<Number>("numbers");
    }
    void publish(std::uint64_t value) {
        for (;;) {
            sluice::Draft<Number> draft = numbers_.draft();
            draft->value = value;
            if (numbers_.publish(std::move(draft)) || !stage_->wait_ready()) {
                return;
            }
        }
    }

  private:
    sluice::StageInterface* stage_ = nullptr;
    sluice::Publisher<Number> numbers_;
};

class Sink final : public sluice::Stage {
  public:
    void initialize(sluice::StageInterface& pipeline) override {
        pipeline.subscribe<Number>(
            "/source/numbers",
            {.policy = sluice::SubscriptionPolicy::lossless, .queue_depth = depth},
            [this](const sluice::Delivery<Number>& delivery) { sum_ += delivery.message().value; });
    }
    [[nodiscard]] std::uint64_t sum() const noexcept { return sum_; }

  private:
    std::uint64_t sum_ = 0;
};

void count_messages(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages_a_round));
}

void pipeline(benchmark::State& state) {
    for (auto _ : state) {
        sluice::RealTimeExecutor executor({.threads = static_cast<std::size_t>(state.range(0))});
        sluice::Pipeline pipeline(executor);
        Source& source = pipeline.add("source", std::make_unique<Source>());
        const Sink& sink = pipeline.add("sink", std::make_unique<Sink>());
        if (!pipeline.start()) {
            state.SkipWithError("the pipeline does not start");
            return;
        }
        for (std::uint64_t i = 0; i < messages_a_round; ++i) {
            source.publish(i);
        }
        pipeline.stop();
        benchmark::DoNotOptimize(sink.sum());
    }
    count_messages(state);
}

void bounded_queue(benchmark::State& state) {
    for (auto _ : state) {
        sluice::sync::BoundedQueue<std::uint64_t> queue({.items = depth});
        std::uint64_t sum = 0;
        std::thread consumer([&] {
            sluice::sync::PoppedBatch<std::uint64_t> batch(64);
            while (queue.pop_batch(batch)) {
                for (const std::uint64_t value : batch) {
                    sum += value;
                }
            }
        });
        for (std::uint64_t i = 0; i < messages_a_round; ++i) {
            std::uint64_t value = i;
            static_cast<void>(queue.push(std::move(value)));
        }
        queue.close();
        consumer.join();
        benchmark::DoNotOptimize(sum);
    }
    count_messages(state);
}

BENCHMARK(pipeline)->Arg(1)->Arg(2)->Arg(4)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(bounded_queue)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
