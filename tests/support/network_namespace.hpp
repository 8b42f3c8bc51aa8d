/// A network of a test's own, to be broken at will.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace sluice::test {

/// A network namespace and a thread that lives in it. Sockets and threads that this thread creates
/// belong to the namespace. Needs root, and the command `ip`.
class NetworkNamespace {
  public:
    NetworkNamespace() : thread_([this] { live(); }) {
        run([this] {
            EXPECT_EQ(::unshare(CLONE_NEWNET), 0) << "needs root";
            path_ = "/proc/" + std::to_string(::getpid()) + "/task/" +
                    std::to_string(::syscall(SYS_gettid)) + "/ns/net";
        });
    }
    ~NetworkNamespace() {
        hand_over(nullptr);
        thread_.join();
    }
    NetworkNamespace(const NetworkNamespace&) = delete;
    NetworkNamespace& operator=(const NetworkNamespace&) = delete;

    /// Runs `function` in the namespace and returns when it is done.
    void run(std::function<void()> function) {
        hand_over(std::move(function));
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !has_work_; });
    }

    /// Runs `ip ARGUMENTS` in the namespace.
    void ip(const std::string& arguments) {
        run([&arguments] {
            const std::string command = "ip " + arguments;
            EXPECT_EQ(std::system(command.c_str()), 0) << command;
        });
    }

    /// What `ip` takes for the name of the namespace.
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    void hand_over(std::function<void()> function) {
        const std::lock_guard lock(mutex_);
        work_ = std::move(function);
        has_work_ = true;
        changed_.notify_all();
    }

    void live() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return has_work_; });
            if (!work_) {
                return;
            }
            lock.unlock();
            work_();
            lock.lock();
            has_work_ = false;
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> work_;  // empty: the end
    bool has_work_ = false;
    std::string path_;
    std::thread thread_;
};

}  // namespace sluice::test
