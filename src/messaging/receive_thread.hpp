/// The thread on which a client or a server receives.
#pragma once

#include <memory>

#include "sluice/messaging/messaging_options.hpp"
#include "sluice/net/event_loop_thread.hpp"

namespace sluice::messaging {

/// Who gets messages on that thread; null: they go to the inbox.
[[nodiscard]] inline MessageHandler* receiver(const MessagingOptions& options,
                                              MessageHandler* handler) noexcept {
    return options.delivery == MessageDelivery::handler ? handler : nullptr;
}

/// Errors: `invalid_argument` without the handler that the options need, and those of
/// EventLoopThread::start. REQUIRES: validate(options).
[[nodiscard]] Result<std::unique_ptr<net::EventLoopThread>> start_receive_thread(
    const MessagingOptions& options, MessageHandler* handler);

}  // namespace sluice::messaging
