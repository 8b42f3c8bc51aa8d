/// A moment that one thread announces and others wait for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace sluice::test {

/// How long a test waits for what must come: so long that only a fault exceeds it.
inline constexpr std::chrono::seconds patience{30};

class Event {
  public:
    void set() {
        const std::lock_guard lock(mutex_);
        is_set_ = true;
        changed_.notify_all();
    }

    [[nodiscard]] bool wait(std::chrono::milliseconds limit = patience) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [this] { return is_set_; });
    }

    [[nodiscard]] bool is_set() const {
        const std::lock_guard lock(mutex_);
        return is_set_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool is_set_ = false;
};

}  // namespace sluice::test
