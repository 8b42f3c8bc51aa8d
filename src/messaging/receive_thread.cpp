#include "messaging/receive_thread.hpp"

namespace sluice::messaging {

Result<std::unique_ptr<net::EventLoopThread>> start_receive_thread(const MessagingOptions& options,
                                                                   MessageHandler* handler) {
    if (options.delivery == MessageDelivery::handler && handler == nullptr) {
        return Error(Errc::invalid_argument, "delivery handler without a handler; give one");
    }
    return net::EventLoopThread::start(
        {.receive_pool = options.receive_pool, .busy_poll = options.busy_poll}, options.thread);
}

}  // namespace sluice::messaging
