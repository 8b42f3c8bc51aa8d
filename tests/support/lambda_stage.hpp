/// A stage made of functions, for tests.
#pragma once

#include <functional>
#include <utility>

#include "sluice/pipeline/stage.hpp"

namespace sluice::test {

/// Calls what it was given; what is empty does nothing.
class LambdaStage final : public Stage {
  public:
    explicit LambdaStage(std::function<void(StageInterface&)> on_initialize,
                         std::function<Result<void>()> on_start = {},
                         std::function<void()> on_stop = {}, std::function<void()> on_begin = {})
        : on_initialize_(std::move(on_initialize)),
          on_start_(std::move(on_start)),
          on_stop_(std::move(on_stop)),
          on_begin_(std::move(on_begin)) {}

    void initialize(StageInterface& pipeline) override { on_initialize_(pipeline); }
    Result<void> start() override { return on_start_ ? on_start_() : Result<void>(); }
    void begin() override {
        if (on_begin_) {
            on_begin_();
        }
    }
    void stop() override {
        if (on_stop_) {
            on_stop_();
        }
    }

  private:
    std::function<void(StageInterface&)> on_initialize_;
    std::function<Result<void>()> on_start_;
    std::function<void()> on_stop_;
    std::function<void()> on_begin_;
};

}  // namespace sluice::test
