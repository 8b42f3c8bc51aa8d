#include "sluice/sys/file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>

#include "sluice/sys/clock.hpp"

namespace sluice::sys {
namespace {

/// Whatever else poll() has to tell, the read or write that follows reports it.
void wait_for(int number, short events) noexcept {
    pollfd target{number, events, 0};
    while (::poll(&target, 1, -1) < 0 && errno == EINTR) {
    }
}

/// Whether a write will not wait, or fails, before the deadline.
bool becomes_writable(int number, SteadyTime deadline) noexcept {
    while (true) {
        const Duration left = std::max(deadline - now(), Duration::zero());
        const auto whole = std::chrono::floor<std::chrono::seconds>(left);
        const timespec timeout{whole.count(), (left - whole).count()};
        pollfd target{number, POLLOUT, 0};
        const int count = ::ppoll(&target, 1, &timeout, nullptr);
        if (count >= 0 || errno != EINTR) {
            return count != 0;
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

Result<Descriptor> open_file(const std::string& path) {
    const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
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
            wait_for(file.number(), POLLIN);
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
            wait_for(file.number(), POLLOUT);
        } else if (errno != EINTR) {
            return {IoStatus::failed, written, errno};
        }
    }
    return {IoStatus::done, written, 0};
}

// A writable pipe takes PIPE_BUF bytes without waiting. The stream itself is not made non-blocking:
// other processes share it.
IoResult try_write(const Descriptor& file, std::span<const std::byte> bytes,
                   Duration patience) noexcept {
    const SteadyTime deadline = saturating_add(now(), patience);
    std::size_t written = 0;
    while (written < bytes.size()) {
        if (!becomes_writable(file.number(), deadline)) {
            return {IoStatus::would_block, written, 0};
        }
        const std::size_t size = std::min<std::size_t>(bytes.size() - written, PIPE_BUF);
        const ssize_t put = ::write(file.number(), bytes.data() + written, size);
        if (put >= 0) {
            written += static_cast<std::size_t>(put);
        } else if (errno == EAGAIN) {  // somebody else was faster
            return {IoStatus::would_block, written, 0};
        } else if (errno != EINTR) {
            return {IoStatus::failed, written, errno};
        }
    }
    return {IoStatus::done, written, 0};
}

}  // namespace sluice::sys
