#include "sluice/sys/file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sluice/sys/clock.hpp"

namespace sluice::sys {
namespace {

/// For poll(): milliseconds until the deadline, rounded up; -1 for ever.
int poll_timeout_ms(SteadyTime deadline) {
    if (deadline == never) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
}

bool wait_for(int number, short events, SteadyTime deadline) noexcept {
    pollfd target{number, events, 0};
    while (true) {
        const int ready = ::poll(&target, 1, poll_timeout_ms(deadline));
        if (ready > 0) {
            return true;
        }
        if (ready == 0 && now() >= deadline) {
            return false;
        }
        if (ready < 0 && errno != EINTR) {
            return true;  // the read or write that follows reports the error
        }
    }
}

/// Drops the first `bytes` from the pieces.
std::span<iovec> drop_front(std::span<iovec> pieces, std::size_t bytes) {
    while (!pieces.empty() && bytes >= pieces.front().iov_len) {
        bytes -= pieces.front().iov_len;
        pieces = pieces.subspan(1);
    }
    if (!pieces.empty()) {
        pieces.front().iov_base = static_cast<std::byte*>(pieces.front().iov_base) + bytes;
        pieces.front().iov_len -= bytes;
    }
    return pieces;
}

}  // namespace

Result<Descriptor> open_standard(StandardStream stream) {
    const int number = ::fcntl(static_cast<int>(stream), F_DUPFD_CLOEXEC, 3);
    if (number < 0) {
        return Error::from_errno(errno);
    }
    return Descriptor(number);
}

IoResult read(const Descriptor& file, std::span<std::byte> target) noexcept {
    while (true) {
        const ssize_t got = ::read(file.number(), target.data(), target.size());
        if (got > 0) {
            return {IoStatus::done, static_cast<std::size_t>(got), 0};
        }
        if (got == 0) {
            return {IoStatus::end, 0, 0};
        }
        if (errno == EAGAIN) {  // the stream was made non-blocking by whoever shares it
            wait_for(file.number(), POLLIN, never);
        } else if (errno != EINTR) {
            return {IoStatus::failed, 0, errno};
        }
    }
}

IoResult write_all(const Descriptor& file, std::span<iovec> pieces) noexcept {
    std::size_t written = 0;
    pieces = drop_front(pieces, 0);
    while (!pieces.empty()) {
        const ssize_t put = ::writev(file.number(), pieces.data(), static_cast<int>(pieces.size()));
        if (put >= 0) {
            written += static_cast<std::size_t>(put);
            pieces = drop_front(pieces, static_cast<std::size_t>(put));
        } else if (errno == EAGAIN) {
            wait_for(file.number(), POLLOUT, never);
        } else if (errno != EINTR) {
            return {IoStatus::failed, written, errno};
        }
    }
    return {IoStatus::done, written, 0};
}

bool wait_readable(const Descriptor& file, SteadyTime deadline) noexcept {
    return wait_for(file.number(), POLLIN, deadline);
}

}  // namespace sluice::sys
