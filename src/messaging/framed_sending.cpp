#include "messaging/framed_sending.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "sluice/sync/parker.hpp"

namespace sluice::messaging {
namespace {

/// Sleeps until a pool may have memory.
class PoolSleeper final : MemoryWaiter {
  public:
    explicit PoolSleeper(BufferPool& pool) : pool_(pool) {}
    ~PoolSleeper() { pool_.cancel_wait(*this); }
    PoolSleeper(const PoolSleeper&) = delete;
    PoolSleeper& operator=(const PoolSleeper&) = delete;

    /// False at the deadline.
    bool wait(std::size_t bytes, SteadyTime deadline) {
        const sync::Parker::Ticket ticket = parker_.prepare();
        pool_.cancel_wait(*this);
        pool_.wait_for_memory(*this, bytes);
        return parker_.park(ticket, deadline);
    }

  private:
    void memory_available() noexcept override { parker_.unpark_all(); }

    BufferPool& pool_;
    sync::Parker parker_;
};

}  // namespace

Result<void> FramedSending::send(std::span<const std::byte> message, SteadyTime deadline) {
    const std::array body{message};
    if (framer_.is_escaped()) {
        return escape(body, deadline);
    }
    if (message.size() <= copy_b_max_) {
        return enclose(body, {.body = message}, deadline, {});
    }
    Result<Buffer> copy = acquire(message.size(), deadline);
    if (!copy) {
        return copy.error();
    }
    std::ranges::copy(message, copy->writable().begin());
    return enclose(body, {.fragments = std::span(&*copy, 1)}, deadline, {});
}

Result<void> FramedSending::send(std::span<Buffer> fragments, SteadyTime deadline,
                                 std::span<const std::byte> head) {
    constexpr std::size_t pieces_on_stack = 64;
    std::array<std::span<const std::byte>, pieces_on_stack> few;
    std::vector<std::span<const std::byte>> many;
    if (fragments.size() > few.size()) {
        many.resize(fragments.size());
    }
    const std::span<std::span<const std::byte>> pieces =
        many.empty() ? std::span(few).first(fragments.size()) : std::span(many);
    std::ranges::transform(fragments, pieces.begin(), &Buffer::bytes);
    if (!framer_.is_escaped()) {
        return enclose(pieces, {.fragments = fragments}, deadline, head);
    }
    Result<void> sent = escape(pieces, deadline);
    if (sent) {
        std::ranges::for_each(fragments, &Buffer::reset);
    }
    return sent;
}

Result<void> FramedSending::enclose(FrameBody body, net::OutgoingMessage message,
                                    SteadyTime deadline, std::span<const std::byte> head) {
    const Result<FrameEnvelope> envelope = framer_.enclose(head, body);
    if (!envelope) {
        return envelope.error();
    }
    message.before = envelope->before();
    message.after = envelope->after();
    return push(message, deadline);
}

Result<void> FramedSending::escape(FrameBody body, SteadyTime deadline) {
    Result<Buffer> frame = acquire(framer_.escaped_b_max(size_b(body)), deadline);
    if (!frame) {
        return frame.error();
    }
    const Result<std::size_t> written = framer_.escape(body, frame->writable());
    if (!written) {
        return written.error();
    }
    frame->truncate(*written);
    return push({.fragments = std::span(&*frame, 1)}, deadline);
}

Result<Buffer> FramedSending::acquire(std::size_t bytes, SteadyTime deadline) {
    Result<Buffer> acquired = pool_.acquire(bytes);
    if (acquired || acquired.error().code() != Errc::would_block || deadline == at_once) {
        return acquired;
    }
    PoolSleeper sleeper(pool_);
    while (!acquired && acquired.error().code() == Errc::would_block) {
        if (!sleeper.wait(bytes, deadline)) {
            return Error(Errc::timed_out);
        }
        acquired = pool_.acquire(bytes);
    }
    return acquired;
}

Result<void> LaneSending::push(const net::OutgoingMessage& message, SteadyTime deadline) {
    Result<void> pushed =
        deadline == at_once ? lane_.try_push(message) : lane_.push(message, deadline);
    if (!pushed) {
        lane_.count_refused();
    }
    return pushed;
}

}  // namespace sluice::messaging
