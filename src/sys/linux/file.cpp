#include "sluice/sys/file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::sys {
namespace {

/// Whatever else poll() has to tell, the read or write that follows reports it.
void wait_for(int number, short events) noexcept {
    pollfd target{number, events, 0};
    while (::poll(&target, 1, -1) < 0 && errno == EINTR) {
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

}  // namespace sluice::sys
