/// The receiving end of a channel.
#pragma once

#include <functional>
#include <string>

#include "pipeline/message_ring.hpp"
#include "sluice/pipeline/subscription.hpp"

namespace sluice::detail {

class Actor;
struct Channel;

/// A stage's subscription: its queue, its ledger, its credit. From `queue` on, and in all functions
/// that touch that, under its actor's mutex.
struct Input {
    Input(Actor& actor_in, std::string channel_name_in, const MessageType* type_in,
          const SubscriptionOptions& options_in,
          std::function<void(const AnyDelivery&)> callback_in)
        : actor(actor_in),
          channel_name(std::move(channel_name_in)),
          type(type_in),
          options(options_in),
          callback(std::move(callback_in)) {}

    [[nodiscard]] bool is_queued() const noexcept {
        return options.delivery == DeliveryMode::queued;
    }
    [[nodiscard]] bool is_lossless() const noexcept {
        return is_queued() && options.policy == SubscriptionPolicy::lossless;
    }
    [[nodiscard]] bool is_lossy() const noexcept { return is_queued() && !is_lossless(); }
    [[nodiscard]] bool drops_oldest() const noexcept {
        return options.policy == SubscriptionPolicy::drop_oldest ||
               options.policy == SubscriptionPolicy::latest;
    }

    [[nodiscard]] bool has_room(std::size_t charge) const noexcept;
    /// Queues a message that was just offered; the policy may drop it.
    void push(const AnyMessage& message, std::uint64_t sequence);
    /// REQUIRES: the queue is not empty.
    [[nodiscard]] QueuedMessage take_oldest() noexcept;
    /// As take_oldest; the next message tells of the loss. The caller counts it.
    [[nodiscard]] AnyMessage lose_oldest() noexcept;
    /// Empties the queue, and counts what was in it as stopped.
    [[nodiscard]] MessageRing take_all() noexcept;
    /// The callback that was begun has ended.
    void count(bool succeeded) noexcept;
    /// To be called when the queue has changed. True if credit came back: tell those who wait.
    [[nodiscard]] bool update_credit() noexcept;
    [[nodiscard]] SubscriptionStatistics statistics() const;

    Actor& actor;
    MessageKeeper keeper;  ///< Outlives the callback, which may hold messages.
    const std::string channel_name;
    const MessageType* const type;  ///< Null: any.
    const SubscriptionOptions options;
    const std::function<void(const AnyDelivery&)> callback;
    Channel* channel = nullptr;  ///< Once joined.

    MessageRing queue;
    std::size_t queued_b = 0;
    std::size_t queued_b_max = 0;
    std::uint64_t lost_last = 0;  ///< Lost since the last that was queued or called inline.
    SubscriptionLedger ledger;
    bool lacks_credit = false;
};

}  // namespace sluice::detail
