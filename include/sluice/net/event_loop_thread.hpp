/// An event loop with a thread of its own.
#pragma once

#include <memory>

#include "sluice/net/event_loop.hpp"
#include "sluice/sys/thread.hpp"

namespace sluice::net {

/// Owns a loop and the thread that runs it. Everything on the loop must be stopped before this is
/// destroyed; the destructor ends the loop and joins the thread.
class EventLoopThread final {
  public:
    /// Errors: those of EventLoop::create and of sys::validate(ThreadOptions).
    [[nodiscard]] static Result<std::unique_ptr<EventLoopThread>> start(
        const EventLoopOptions& loop, const sys::ThreadOptions& thread);
    ~EventLoopThread();
    EventLoopThread(const EventLoopThread&) = delete;
    EventLoopThread& operator=(const EventLoopThread&) = delete;

    [[nodiscard]] EventLoop& loop() noexcept { return *loop_; }
    [[nodiscard]] const sys::Thread& thread() const noexcept { return thread_; }

    /// Runs `function` on the loop's thread and returns when it is done. Not from that thread.
    void run_on_loop(std::function<void()> function);

  private:
    explicit EventLoopThread(std::unique_ptr<EventLoop> loop) noexcept : loop_(std::move(loop)) {}

    std::unique_ptr<EventLoop> loop_;
    sys::Thread thread_;
};

}  // namespace sluice::net
