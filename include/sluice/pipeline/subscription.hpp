/// How a stage receives from a channel, and what it is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/core/result.hpp"
#include "sluice/pipeline/message.hpp"

namespace sluice {

/// What happens to a message that finds the subscription's queue full.
enum class SubscriptionPolicy : std::uint8_t {
    drop_oldest,  ///< The oldest queued one gives way.
    drop_newest,  ///< It is dropped itself.
    latest,       ///< The queue holds one message: each replaces the one before.
    /// Nothing is dropped: without room, the publishing stage has no credit and waits; if it reads
    /// from a device, TCP makes the device wait.
    lossless,
};
[[nodiscard]] std::span<const std::string_view> enumerators(TypeTag<SubscriptionPolicy>) noexcept;

/// On which thread a callback runs.
enum class DeliveryMode : std::uint8_t {
    /// On the executor, never two callbacks or timers of one stage at once.
    queued,
    /// On the publishing thread, within `publish`; there is no queue and no policy. Only where the
    /// channel has one publisher, which uses one thread of its own. Such a callback runs beside the
    /// stage's others and without regard to credit: it arms no timers, and can be refused when it
    /// publishes.
    inline_call,
    /// The same with any publishers: the callback is safe for several threads at once, and short.
    inline_concurrent,
};

struct SubscriptionOptions {
    SubscriptionPolicy policy = SubscriptionPolicy::drop_oldest;
    /// Messages that may be queued; `latest` has one whatever is said here.
    std::size_t queue_depth = 64;
    /// Bytes that the queued messages may be charged with. A larger message than this passes alone.
    /// A lossless queue may exceed both bounds by one message of each publishing thread, and by
    /// what one callback publishes.
    std::size_t queue_size_b = std::size_t{4} * 1024 * 1024;
    DeliveryMode delivery = DeliveryMode::queued;
};

/// 1 to 1,048,576 messages and 1 byte to 1 TiB. The detail says what was given and is allowed.
[[nodiscard]] Result<void> validate(const SubscriptionOptions& options);

/// One message as a callback gets it; valid within the callback.
class AnyDelivery {
  public:
    AnyDelivery(const AnyMessage& message, std::string_view channel, std::uint64_t lost_before,
                detail::MessageKeeper& keeper) noexcept
        : message_(message), channel_(channel), lost_before_(lost_before), keeper_(keeper) {}

    [[nodiscard]] std::string_view type_name() const noexcept { return message_.type_name(); }
    /// Null if the type is not described.
    [[nodiscard]] const StructDescription* description() const noexcept {
        return message_.description();
    }
    /// The message, for whoever reads it by its description.
    [[nodiscard]] const void* object() const noexcept { return message_.object(); }
    /// The message as a T; null if it is of another type.
    template <typename T>
    [[nodiscard]] const T* get_if() const noexcept {
        return message_.get_if<T>();
    }

    /// A share that outlives the callback, counted as kept by this subscription.
    [[nodiscard]] AnyMessage keep() const noexcept { return message_.share_for(&keeper_); }
    /// The channel's full name.
    [[nodiscard]] std::string_view channel() const noexcept { return channel_; }
    /// How many messages of this channel this subscription lost since the delivery before.
    [[nodiscard]] std::uint64_t lost_before() const noexcept { return lost_before_; }

  private:
    const AnyMessage& message_;
    std::string_view channel_;
    std::uint64_t lost_before_;
    detail::MessageKeeper& keeper_;
};

/// The same of a known type.
template <typename T>
class Delivery {
  public:
    explicit Delivery(const AnyDelivery& delivery) noexcept
        : delivery_(delivery), message_(*static_cast<const T*>(delivery.object())) {}

    [[nodiscard]] const T& message() const noexcept { return message_; }
    /// A share that outlives the callback, counted as kept by this subscription.
    [[nodiscard]] MessagePtr<T> keep() const noexcept { return MessagePtr<T>(delivery_.keep()); }
    [[nodiscard]] std::string_view channel() const noexcept { return delivery_.channel(); }
    [[nodiscard]] std::uint64_t lost_before() const noexcept { return delivery_.lost_before(); }

  private:
    const AnyDelivery& delivery_;
    const T& message_;
};

/// Always true, at every look: offered = delivered + failed + dropped + reclaimed + stopped +
/// queued.
struct SubscriptionLedger {
    std::uint64_t offered = 0;    ///< Published while subscribed.
    std::uint64_t delivered = 0;  ///< Its callback was begun and did not fail (yet).
    std::uint64_t failed = 0;     ///< The callback threw: `callback_failed`.
    std::uint64_t dropped = 0;    ///< By the policy.
    std::uint64_t reclaimed = 0;  ///< Given up because the publisher's memory ran dry.
    std::uint64_t stopped = 0;    ///< Still queued when the stage stopped, or published later; if
                                  ///< inline, also before it had started.
    std::uint64_t queued = 0;     ///< Measured, not computed from the others.
};

struct SubscriptionStatistics {
    std::string channel;
    SubscriptionPolicy policy = SubscriptionPolicy::drop_oldest;
    DeliveryMode delivery = DeliveryMode::queued;
    SubscriptionLedger messages;
    std::size_t queued_b = 0;
    std::size_t queued_b_max = 0;
    std::uint64_t kept_messages = 0;  ///< Handles that callbacks copied and still hold.
    std::uint64_t kept_b = 0;         ///< What those are charged with.
    bool lacks_credit = false;        ///< Lossless and full: the publisher waits.
};

struct StageStatistics {
    std::string name;
    bool has_credit = true;  ///< Else some lossless subscriber of it has no room.
    std::vector<SubscriptionStatistics> subscriptions;
};

}  // namespace sluice
