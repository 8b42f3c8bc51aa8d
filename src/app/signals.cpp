#include "sluice/app/signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

#include "sluice/sys/thread.hpp"

namespace sluice::app {
namespace {

/// Less those that were ignored when the process began, as nohup and a shell's `&` have it.
sigset_t ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction action {};
        ::sigaction(number, nullptr, &action);
        if (action.sa_handler != SIG_IGN) {
            sigaddset(&signals, number);
        }
    }
    return signals;
}

/// The next of the signals, or -1 after the timeout.
int next_signal(const sigset_t& signals, const timespec& timeout) {
    int number = -1;
    do {
        number = ::sigtimedwait(&signals, nullptr, &timeout);
    } while (number < 0 && errno == EINTR);
    return number;
}

[[noreturn]] void watch(const std::function<void(int)>& on_signal, Duration grace) {
    const sigset_t signals = ending_signals();
    int number = -1;
    ::sigwait(&signals, &number);
    on_signal(number);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(grace);
    const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (grace - seconds).count()};
    const int second = next_signal(signals, timeout);
    ::_exit(128 + (second > 0 ? second : number));
}

}  // namespace

Result<void> handle_signals(std::function<void(int)> on_signal, Duration grace) {
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t signals = ending_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    Result<sys::Thread> thread =
        sys::Thread::start({.name = "signals"},
                           [on_signal = std::move(on_signal), grace] { watch(on_signal, grace); });
    if (!thread) {
        return thread.error();
    }
    thread->detach();  // it waits until the process ends
    return {};
}

Result<std::shared_ptr<SignalEnd>> SignalEnd::create(Duration grace) {
    auto end = std::make_shared<SignalEnd>();  // shared with the signals' thread, which outlives it
    const auto on_signal = [end](int number) { end->on_signal(number); };
    if (Result<void> handled = handle_signals(on_signal, grace); !handled) {
        return handled.error();
    }
    return end;
}

void SignalEnd::on_signal(int number) {
    const sync::MutexLock lock(mutex_);
    number_ = number;
    if (quit_) {
        quit_();
    }
}

int SignalEnd::run(const std::function<int()>& body, std::function<void()> quit) {
    {
        const sync::MutexLock lock(mutex_);
        if (number_ != 0) {
            return 128 + number_;
        }
        quit_ = std::move(quit);
    }
    const int status = body();
    const sync::MutexLock lock(mutex_);
    quit_ = nullptr;
    return number_ == 0 ? status : 128 + number_;
}

}  // namespace sluice::app
