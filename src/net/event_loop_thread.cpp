#include "sluice/net/event_loop_thread.hpp"

#include "net/completion.hpp"
#include "sluice/core/check.hpp"

namespace sluice::net {

Result<std::unique_ptr<EventLoopThread>> EventLoopThread::start(const EventLoopOptions& loop,
                                                                const sys::ThreadOptions& thread) {
    Result<std::unique_ptr<EventLoop>> created = EventLoop::create(loop);
    if (!created) {
        return created.error();
    }
    std::unique_ptr<EventLoopThread> self(new EventLoopThread(*std::move(created)));
    EventLoop& its_loop = *self->loop_;
    Result<sys::Thread> started = sys::Thread::start(thread, [&its_loop] { its_loop.run(); });
    if (!started) {
        return started.error();
    }
    self->thread_ = *std::move(started);
    // From here on the loop has an owner, so that a stop() from another thread knows to wait.
    self->run_on_loop([] {});
    return self;
}

EventLoopThread::~EventLoopThread() {
    loop_->request_stop();
    thread_.join();
}

void EventLoopThread::run_on_loop(std::function<void()> function) {
    SLUICE_CHECK(!loop_->is_current_thread(), "run_on_loop from the loop's own thread");
    const Completion completion;
    loop_->post([&function, completion] {
        function();
        completion.complete();
    });
    completion.wait();
}

}  // namespace sluice::net
