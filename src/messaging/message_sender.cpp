#include "sluice/messaging/message_sender.hpp"

#include <algorithm>
#include <utility>

#include "messaging/framed_sending.hpp"
#include "sluice/core/check.hpp"

namespace sluice {

MessageSender::MessageSender(std::unique_ptr<messaging::LaneSending> sending,
                             const Framer& framer) noexcept
    : lane_(&sending->lane()), sending_(std::move(sending)) {
    if (const LengthPrefix* const prefix = framer.length_prefix()) {
        prefix_ = *prefix;
        small_b_end_ = std::min(prefix->body_b_max, messaging::copy_b_max(lane_->options())) + 1;
    }
}

MessageSender::MessageSender() noexcept = default;
MessageSender::MessageSender(MessageSender&& other) noexcept
    : lane_(std::exchange(other.lane_, nullptr)),
      prefix_(other.prefix_),
      small_b_end_(std::exchange(other.small_b_end_, 0)),
      sending_(std::move(other.sending_)) {}
MessageSender& MessageSender::operator=(MessageSender&& other) noexcept {
    MessageSender taken(std::move(other));
    std::swap(lane_, taken.lane_);
    std::swap(prefix_, taken.prefix_);
    std::swap(small_b_end_, taken.small_b_end_);
    std::swap(sending_, taken.sending_);
    return *this;
}
MessageSender::~MessageSender() = default;

Result<void> MessageSender::send_slowly(std::span<const std::byte> message, SteadyTime deadline) {
    SLUICE_CHECK(sending_ != nullptr, "send() of a MessageSender that was moved from");
    return sending_->send(message, deadline);
}

Result<void> MessageSender::send(std::span<Buffer> fragments, SteadyTime deadline,
                                 std::span<const std::byte> head) {
    SLUICE_CHECK(sending_ != nullptr, "send() of a MessageSender that was moved from");
    return sending_->send(fragments, deadline, head);
}

Result<std::size_t> MessageSender::send_batch(std::span<const std::span<const std::byte>> messages,
                                              SteadyTime deadline) {
    for (std::size_t sent = 0; sent < messages.size(); ++sent) {
        if (Result<void> done = send(messages[sent], deadline); !done) {
            return sent > 0 ? Result<std::size_t>(sent) : Result<std::size_t>(done.error());
        }
    }
    return messages.size();
}

}  // namespace sluice
