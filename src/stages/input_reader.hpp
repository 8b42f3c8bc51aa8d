/// A stream that is read on a thread of its own and cut into messages.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sluice/core/result.hpp"
#include "sluice/sys/descriptor.hpp"
#include "sluice/sys/poller.hpp"
#include "sluice/sys/thread.hpp"

namespace sluice {

class InputReader final {
  public:
    /// Called on the reading thread; false: read no more.
    using MessageFunction = std::function<bool(std::span<const std::byte>)>;

    /// Messages are lines with their '\n' (longer ones than 64 KiB in pieces of that size), or else
    /// what each read returned.
    InputReader(sys::Descriptor input, bool lines, MessageFunction on_message);
    ~InputReader() { stop(); }
    InputReader(const InputReader&) = delete;
    InputReader& operator=(const InputReader&) = delete;

    /// REQUIRES: not started before.
    [[nodiscard]] Result<void> start(std::string thread_name);
    /// Returns after the call of `on_message` that runs now.
    void stop();

  private:
    void run();
    [[nodiscard]] bool wait_readable();
    [[nodiscard]] bool hand_over(std::span<const std::byte> bytes, bool is_end);

    const sys::Descriptor input_;
    const bool lines_;
    const MessageFunction on_message_;
    std::optional<sys::Poller> poller_;
    bool is_always_readable_ = false;
    std::atomic<bool> stopping_{false};
    std::size_t held_ = 0;  // bytes of a line whose end was not read yet
    std::vector<std::byte> buffer_;
    sys::Thread thread_;
};

}  // namespace sluice
