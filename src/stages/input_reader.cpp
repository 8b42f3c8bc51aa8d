#include "stages/input_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "sluice/core/log.hpp"
#include "sluice/sys/file.hpp"

namespace sluice {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{64} * 1024;

}  // namespace

InputReader::InputReader(sys::Descriptor input, bool lines, MessageFunction on_message)
    : input_(std::move(input)),
      lines_(lines),
      on_message_(std::move(on_message)),
      buffer_(buffer_bytes) {}

Result<void> InputReader::start(std::string thread_name) {
    Result<sys::Poller> poller = sys::Poller::create();
    if (!poller) {
        return poller.error();
    }
    poller_ = *std::move(poller);
    if (Result<void> added = poller_->add(input_, {.readable = true}, 0); !added) {
        if (added.error().system_error() != EPERM) {
            return added;
        }
        is_always_readable_ = true;  // a file: the kernel refuses to wait for it
    }
    Result<sys::Thread> thread =
        sys::Thread::start({.name = std::move(thread_name)}, [this] { run(); });
    if (!thread) {
        return thread.error();
    }
    thread_ = *std::move(thread);
    return {};
}

void InputReader::stop() {
    stopping_ = true;
    if (poller_) {
        poller_->wake();
    }
    thread_.join();
}

bool InputReader::wait_readable() {
    std::array<sys::Readiness, 1> ready;
    while (!stopping_) {
        if (is_always_readable_ || poller_->wait(ready, never) > 0) {
            return !stopping_;
        }
    }
    return false;
}

void InputReader::run() {
    while (wait_readable()) {
        const sys::IoResult got = sys::read(input_, std::span(buffer_).subspan(held_));
        if (got.status == sys::IoStatus::failed) {
            const std::string why = Error::from_errno(got.error).message();
            log(LogLevel::error, "input_failed", {{"error", why}});
        }
        const bool is_end = got.status != sys::IoStatus::done;
        if (!hand_over(std::span(buffer_).first(held_ + got.bytes), is_end) || is_end) {
            return;
        }
    }
}

/// `bytes` is all that is in the buffer; what remains of it is moved to the front.
bool InputReader::hand_over(std::span<const std::byte> bytes, bool is_end) {
    const bool takes_all = !lines_ || is_end;
    while (!bytes.empty()) {
        const auto end = std::find(bytes.begin(), bytes.end(), std::byte{'\n'});
        const bool is_whole = end != bytes.end() || bytes.size() == buffer_.size();
        if (!takes_all && !is_whole) {
            break;
        }
        const auto line_b = static_cast<std::size_t>(end - bytes.begin()) + 1;
        const std::size_t size = lines_ ? std::min(line_b, bytes.size()) : bytes.size();
        if (!on_message_(bytes.first(size))) {
            return false;
        }
        bytes = bytes.subspan(size);
    }
    std::copy(bytes.begin(), bytes.end(), buffer_.begin());
    held_ = bytes.size();
    return true;
}

}  // namespace sluice
