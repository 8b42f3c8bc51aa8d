/// The two ends of a channel, and the channel between them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/message_ring.hpp"
#include "sluice/pipeline/publisher.hpp"
#include "sluice/pipeline/subscription.hpp"
#include "sluice/sync/mutex.hpp"

namespace sluice::detail {

class Actor;
struct Channel;

/// Shared by everything in a pipeline.
struct PipelineStatus {
    enum class Phase : unsigned char { filling, initialized, running, stopped };
    std::atomic<Phase> phase{Phase::filling};
};

/// A stage's subscription. What is in the second half is guarded by its actor's mutex.
struct Input {
    Input(Actor& actor_in, std::string channel_name_in, const MessageType* type_in,
          const SubscriptionOptions& options_in,
          std::function<void(const AnyDelivery&)> callback_in)
        : actor(actor_in),
          channel_name(std::move(channel_name_in)),
          type(type_in),
          options(options_in),
          callback(std::move(callback_in)) {}

    Actor& actor;
    const std::string channel_name;
    const MessageType* const type;  ///< Null: any.
    const SubscriptionOptions options;
    const std::function<void(const AnyDelivery&)> callback;
    Channel* channel = nullptr;  ///< Once joined.
    MessageKeeper keeper;

    MessageRing queue;
    std::size_t queued_b = 0;
    std::size_t queued_b_max = 0;
    std::uint64_t lost_last = 0;  ///< Dropped since the last that was queued.
    SubscriptionLedger ledger;
    bool lacks_credit = false;
    int inline_calls = 0;  ///< Running now.

    [[nodiscard]] bool is_queued() const noexcept {
        return options.delivery == DeliveryMode::queued;
    }
    [[nodiscard]] bool is_lossless() const noexcept {
        return is_queued() && options.policy == SubscriptionPolicy::lossless;
    }
    [[nodiscard]] bool is_lossy() const noexcept { return is_queued() && !is_lossless(); }
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

    Result<void> publish(AnyMessage message, WithoutCredit without_credit);

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
