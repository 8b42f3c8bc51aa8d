/// How a stage sends to a channel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/pipeline/message.hpp"

namespace sluice {

namespace detail {
class Output;
}

struct PublisherOptions {
    /// The channel remembers its last message: `Pipeline::latest`.
    bool latched = false;
    /// Publishes on a thread that serves others too (a shared event loop), where no `inline_call`
    /// subscription may run.
    bool on_shared_thread = false;
};

/// What to do when a lossless subscriber has no room.
enum class WithoutCredit : std::uint8_t {
    refuse,    ///< `would_block`; the message is not published.
    overdraw,  ///< Publish all the same: for the last message before a stop or a disconnect.
};

/// The type-free half of a Publisher. A default-constructed one belongs to no channel; one that
/// does is valid as long as its pipeline. Any thread, but the messages of one thread only are in
/// order.
class AnyPublisher {
  public:
    AnyPublisher() = default;

    [[nodiscard]] const std::string& channel() const noexcept;
    [[nodiscard]] std::size_t subscriber_count() const noexcept;
    /// Those whose queue may drop.
    [[nodiscard]] std::size_t lossy_subscriber_count() const noexcept;

    /// Whether every lossless subscriber of this channel has room, whatever those of the stage's
    /// other channels have.
    [[nodiscard]] bool has_credit() const noexcept;

    /// Publishes a message again: nothing is copied. REQUIRES: it is of this channel's type.
    Result<void> publish_any(const AnyMessage& message,
                             WithoutCredit without_credit = WithoutCredit::refuse);

    /// Makes the lossy subscription with the most charged bytes give up its oldest message, because
    /// the memory that messages hold ran dry. False if none has any.
    bool reclaim_oldest();
    /// Stages whose callbacks keep more than one message of this channel.
    [[nodiscard]] std::vector<std::string> holders() const;

  protected:
    explicit AnyPublisher(detail::Output& output) noexcept : output_(&output) {}
    [[nodiscard]] detail::MessagePoolBase& pool() const noexcept;

  private:
    detail::Output* output_ = nullptr;
};

/// Publishes messages of type T:
///
///     Draft<Track> draft = tracks_.draft();
///     draft->speed = 3;
///     Result<void> published = tracks_.publish(std::move(draft));
///
/// `publish` never blocks. It hands the message to each subscription's queue, or runs its inline
/// callback. Errors: `would_block` when a lossless subscriber lacks room (never inside a queued
/// callback or timer of the publishing stage: these only begin with credit); `closed` before the
/// pipeline runs, `stopped` once it has stopped.
template <typename T>
class Publisher : public AnyPublisher {
  public:
    Publisher() = default;
    explicit Publisher(detail::Output& output) noexcept : AnyPublisher(output) {}

    /// A message to fill, from the channel's pool.
    [[nodiscard]] Draft<T> draft() {
        return Draft<T>(static_cast<detail::MessagePool<T>&>(pool()));
    }
    Result<void> publish(Draft<T> draft, WithoutCredit without_credit = WithoutCredit::refuse) {
        return publish_any(std::move(draft).finish(), without_credit);
    }
};

}  // namespace sluice
