/// What every test of a link begins with.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string_view>

#include "sluice/core/address.hpp"
#include "sluice/net/event_loop_thread.hpp"
#include "sluice/net/link.hpp"
#include "sluice/net/timer.hpp"
#include "support/event.hpp"

namespace sluice::test {

inline std::unique_ptr<net::EventLoopThread> start_loop(const net::EventLoopOptions& loop = {},
                                                        const sys::ThreadOptions& thread = {}) {
    Result<std::unique_ptr<net::EventLoopThread>> started =
        net::EventLoopThread::start(loop, thread);
    return *std::move(started);
}

/// Reconnects almost at once.
inline net::LinkOptions link_options(std::string_view address) {
    net::LinkOptions options;
    options.address = *Address::parse(address);
    options.reconnect_initial = std::chrono::milliseconds(1);
    options.reconnect_max = std::chrono::milliseconds(4);
    return options;
}

/// Asks `holds` on the loop's thread every few milliseconds until it is true; false if it takes
/// too long. For what the kernel changes without telling.
inline bool wait_on_loop(net::EventLoopThread& thread, const std::function<bool()>& holds) {
    constexpr std::chrono::milliseconds period{20};
    Event done;
    std::unique_ptr<net::Timer> timer;
    net::EventLoop& loop = thread.loop();
    thread.run_on_loop([&] {
        timer = std::make_unique<net::Timer>(loop, [&] {
            if (holds()) {
                done.set();
            } else {
                timer->arm(loop.now() + period);
            }
        });
        timer->arm(loop.now());
    });
    const bool came = done.wait();
    thread.run_on_loop([&] { timer.reset(); });
    return came;
}

}  // namespace sluice::test
