/// Publishers, and the channels that join them with subscriptions.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/input.hpp"
#include "sluice/pipeline/publisher.hpp"
#include "sluice/sync/mutex.hpp"

namespace sluice::detail {

/// Shared by everything in a pipeline.
struct PipelineStatus {
    enum class Phase : unsigned char { filling, initialized, running, stopped };
    std::atomic<Phase> phase{Phase::filling};
};

/// A stage's publisher.
class Output {
  public:
    Output(Actor& actor_in, const PipelineStatus& status_in, std::string channel_name_in,
           const PublisherOptions& options_in, std::unique_ptr<MessagePoolBase> pool_in)
        : actor(actor_in),
          status(status_in),
          channel_name(std::move(channel_name_in)),
          options(options_in),
          pool(std::move(pool_in)) {}

    Result<void> publish(const AnyMessage& message, WithoutCredit without_credit);

    Actor& actor;
    const PipelineStatus& status;
    const std::string channel_name;
    const PublisherOptions options;
    const std::unique_ptr<MessagePoolBase> pool;
    Channel* channel = nullptr;  ///< Once joined.
    std::atomic<std::uint64_t> published{0};
    std::atomic<std::uint64_t> refused{0};
};

/// Joins publishers and subscriptions of one name; both lists are fixed once it runs.
struct Channel {
    std::string name;
    const MessageType* type = nullptr;  ///< Null while only `any` subscriptions are known.
    std::vector<Output*> outputs;
    std::vector<Input*> inputs;
    bool is_latched = false;
    /// Lossless subscriptions that have no room.
    std::atomic<int> missing_credits{0};

    mutable sync::Mutex mutex;
    AnyMessage latest SLUICE_GUARDED_BY(mutex);  ///< Only if latched.

    /// A lossless subscription got full (+1) or has room again (-1). Under its actor's mutex.
    void change_credit(int change);
    /// Tells those who wait for it. Not under any mutex.
    void tell_credit();
};

}  // namespace sluice::detail
