// The ceiling of all receivers: no pool, no other thread. Variants: `slab` receives whatever is
// there into one block and walks it; `exact` receives the rest of each body and the next header.
// `slab_lowat` and `exact_lowat` are woken for many bytes at a time only.
#include <sys/time.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

#include "raw_socket.hpp"

namespace sluice::compare {
namespace {

constexpr std::size_t slab_bytes = 256 * 1024;
constexpr std::size_t header_bytes = sizeof(std::uint32_t);
constexpr std::size_t length_max = 16 * 1024 * 1024;
constexpr std::size_t slab_low_water_bytes = 128 * 1024;
constexpr std::size_t exact_low_water_bytes = 512 * 1024;

std::size_t length_at(const std::byte* header) {
    std::uint32_t length = 0;
    std::memcpy(&length, header, sizeof length);
    const std::size_t size = ntohl(length);
    require(size <= length_max, "length");
    return size;
}

/// Sets for how many bytes the receiver is woken: a number of its own, or all that is wanted if
/// that is less. The kernel wakes nobody below the mark, however little a call asks for.
class LowWater final {
  public:
    LowWater(const RawSocket& socket, std::size_t mark_max) : socket_(socket), mark_max_(mark_max) {
        if (mark_max_ > 1) {
            socket_.set(SOL_SOCKET, SO_RCVTIMEO, timeval{.tv_sec = 0, .tv_usec = 50'000});
        }
    }

    void set(std::size_t wanted) {
        const std::size_t mark = std::min(wanted, mark_max_);
        if (mark != mark_) {
            socket_.set(SOL_SOCKET, SO_RCVLOWAT, static_cast<int>(mark));
            mark_ = mark;
        }
    }

    /// Whether the call was woken only by the clock: where the receive buffer is too small for the
    /// mark, nothing else does. The next one is for any byte.
    bool was_too_high(ssize_t received) {
        if (received >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
            return false;
        }
        set(1);
        return true;
    }

  private:
    const RawSocket& socket_;
    const std::size_t mark_max_;
    std::size_t mark_ = 1;
};

void receive_slabs(const RawSocket& socket, LowWater low_water, const Task& task,
                   MessageCheck& check) {
    std::vector<std::byte> slab(std::max(slab_bytes, 2 * (header_bytes + task.size)));
    std::size_t end = 0;
    ssize_t received = 1;
    while (!check.done()) {
        const std::size_t to_come = check.left() * (header_bytes + task.size) - end;
        if (!low_water.was_too_high(received)) {
            low_water.set(std::min(to_come, slab.size() - end));
        }
        received = ::recv(socket.number(), slab.data() + end, slab.size() - end, 0);
        if (low_water.was_too_high(received)) {
            continue;
        }
        require(received > 0, "recv");
        end += static_cast<std::size_t>(received);
        std::size_t begin = 0;
        while (end - begin >= header_bytes) {
            const std::size_t size = length_at(&slab[begin]);
            if (end - begin - header_bytes < size) {
                break;
            }
            check.take(&slab[begin] + header_bytes, size);
            begin += header_bytes + size;
        }
        std::memmove(slab.data(), slab.data() + begin, end - begin);
        end -= begin;
    }
}

/// All of both pieces, and no more.
void receive_pieces(const RawSocket& socket, LowWater& low_water, std::array<iovec, 2> pieces) {
    ssize_t received = 1;
    while (pieces[0].iov_len + pieces[1].iov_len > 0) {
        if (!low_water.was_too_high(received)) {
            low_water.set(pieces[0].iov_len + pieces[1].iov_len);
        }
        msghdr call{};
        call.msg_iov = pieces.data();
        call.msg_iovlen = pieces.size();
        received = ::recvmsg(socket.number(), &call, 0);
        if (low_water.was_too_high(received)) {
            continue;
        }
        require(received > 0, "recvmsg");
        auto left = static_cast<std::size_t>(received);
        for (iovec& piece : pieces) {
            const std::size_t part = std::min(left, piece.iov_len);
            piece.iov_base = static_cast<std::byte*>(piece.iov_base) + part;
            piece.iov_len -= part;
            left -= part;
        }
    }
}

void receive_exactly(const RawSocket& socket, LowWater low_water, MessageCheck& check) {
    std::byte header[header_bytes];
    receive_pieces(socket, low_water, {{{header, header_bytes}, {}}});
    std::vector<std::byte> body;
    while (!check.done()) {
        body.resize(length_at(header));
        // No header follows the last message.
        receive_pieces(
            socket, low_water,
            {{{body.data(), body.size()}, {header, check.left() > 1 ? header_bytes : 0}}});
        check.take(body.data(), body.size());
    }
}

void receive_all(const Task& task) {
    MessageCheck check(task);
    const RawSocket socket = accept_one();
    if (task.variant == "exact") {
        receive_exactly(socket, LowWater(socket, 1), check);
    } else if (task.variant == "exact_lowat") {
        receive_exactly(socket, LowWater(socket, exact_low_water_bytes), check);
    } else {
        const bool sleeps_long = task.variant == "slab_lowat";
        receive_slabs(socket, LowWater(socket, sleeps_long ? slab_low_water_bytes : 1), task,
                      check);
    }
    check.report();
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::receive_all(sluice::compare::receiver_task(argc, argv));
}
