// The ceiling of all senders: no queue, no pool, no other thread, blocking sends of many messages.
// Variants: `copy` joins them in one block, `iovec` gathers header and body of each where they lie.
#include <sys/uio.h>

#include "raw_socket.hpp"

namespace sluice::compare {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;
constexpr std::size_t gather_bytes = 1024 * 1024;
constexpr std::size_t pieces_max = 1024;

void send_block(const RawSocket& socket, const std::byte* data, std::size_t size) {
    while (size > 0) {
        const ssize_t sent = ::send(socket.number(), data, size, MSG_NOSIGNAL);
        require(sent > 0, "send");
        data += sent;
        size -= static_cast<std::size_t>(sent);
    }
}

void send_copies(const RawSocket& socket, const Task& task, Payloads& payloads) {
    const std::uint32_t length = htonl(static_cast<std::uint32_t>(task.size));
    std::vector<std::byte> block(std::max(block_bytes, sizeof length + task.size));
    std::byte* end = block.data();
    for (std::uint64_t number = 0; number < task.count; ++number) {
        std::memcpy(end, &length, sizeof length);
        std::memcpy(end + sizeof length, payloads.whole(number), task.size);
        end += sizeof length + task.size;
        if (end + sizeof length + task.size > block.data() + block.size() ||
            number + 1 == task.count) {
            send_block(socket, block.data(), static_cast<std::size_t>(end - block.data()));
            end = block.data();
        }
    }
}

/// What stands before the part of a message that never changes.
struct Head {
    std::uint32_t padding;
    std::uint32_t length;
    std::uint64_t number;
};
constexpr std::size_t head_bytes = sizeof(Head::length) + sizeof(Head::number);

void send_pieces(const RawSocket& socket, std::vector<iovec>& pieces) {
    std::size_t first = 0;
    while (first < pieces.size()) {
        msghdr call{};
        call.msg_iov = &pieces[first];
        call.msg_iovlen = pieces.size() - first;
        const ssize_t sent = ::sendmsg(socket.number(), &call, MSG_NOSIGNAL);
        require(sent > 0, "sendmsg");
        auto left = static_cast<std::size_t>(sent);
        while (first < pieces.size() && left >= pieces[first].iov_len) {
            left -= pieces[first++].iov_len;
        }
        if (left > 0) {
            pieces[first].iov_base = static_cast<std::byte*>(pieces[first].iov_base) + left;
            pieces[first].iov_len -= left;
        }
    }
    pieces.clear();
}

void send_in_place(const RawSocket& socket, const Task& task, const Payloads& payloads) {
    const std::size_t batch = std::clamp<std::size_t>(gather_bytes / task.size, 1, pieces_max / 2);
    std::vector<Head> heads(batch);
    std::vector<iovec> pieces;
    pieces.reserve(2 * batch);
    for (std::uint64_t number = 0; number < task.count; ++number) {
        Head& head = heads[pieces.size() / 2];
        head = {0, htonl(static_cast<std::uint32_t>(task.size)), number};
        const auto rest = payloads.rest(number);
        pieces.push_back({&head.length, head_bytes});
        pieces.push_back({const_cast<std::byte*>(rest.data()), rest.size()});
        if (pieces.size() == 2 * batch || number + 1 == task.count) {
            send_pieces(socket, pieces);
        }
    }
}

void send_all(const Task& task) {
    Payloads payloads(task.size);
    const CpuMeter cpu;
    const RawSocket socket = connect_to(task.host, task.port);
    if (task.variant == "iovec") {
        send_in_place(socket, task, payloads);
    } else {
        send_copies(socket, task, payloads);
    }
    finish_sender(cpu);
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::send_all(sluice::compare::sender_task(argc, argv));
}
