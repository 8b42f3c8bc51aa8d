/// What the tests of the transmit queue do with one, in words.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/net/transmit_queue.hpp"

namespace sluice::net {

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

inline EgressLedger::Count dropped(const EgressLedger& ledger, DropReason reason) {
    return ledger.dropped[static_cast<std::size_t>(reason)];
}

/// accepted = sent + dropped + queued, in messages and in bytes.
inline void expect_balance(const EgressLedger& ledger) {
    EgressLedger::Count sum = ledger.sent;
    sum.messages += ledger.queued.messages;
    sum.bytes += ledger.queued.bytes;
    for (const EgressLedger::Count& count : ledger.dropped) {
        sum.messages += count.messages;
        sum.bytes += count.bytes;
    }
    EXPECT_EQ(sum.messages, ledger.accepted.messages);
    EXPECT_EQ(sum.bytes, ledger.accepted.bytes);
}

/// A queue, the memory of its messages, and the wire behind it. Every verb checks the ledger.
class Egress {
  public:
    explicit Egress(const EgressOptions& options) : queue(options, [this] { ++works; }) {}

    /// A copy in the pool's memory.
    Buffer copy(std::string_view text) {
        Buffer buffer = *pool.acquire(text.size());
        std::ranges::copy(bytes_of(text), buffer.writable().begin());
        return buffer;
    }
    /// The text itself, which must outlive the Buffer; `released` counts when it comes back.
    Buffer lend(std::string_view text) {
        const auto release = [](void* self, std::span<const std::byte>) noexcept {
            ++static_cast<Egress*>(self)->released;
        };
        return *pool.wrap(bytes_of(text), release, this);
    }

    Result<void> push(std::string_view text) {
        return checked(queue.try_push_copy(bytes_of(text)));
    }
    Result<void> push_fragments(std::vector<Buffer>& fragments) {
        return checked(queue.try_push(fragments));
    }
    Result<void> push_shared(std::string_view head, std::span<const Buffer> fragments) {
        return checked(queue.try_push(bytes_of(head), fragments));
    }
    Result<void> push_lent(std::string_view text) {
        std::vector<Buffer> fragments;
        fragments.push_back(lend(text));
        return push_fragments(fragments);
    }

    /// Sends up to `bytes`, gathered in up to `pieces` pieces at a time, and returns what went.
    std::string send(std::size_t bytes = 1U << 30U, std::size_t pieces_max = 16) {
        std::string wire;
        while (wire.size() < bytes) {
            std::vector<iovec> pieces(pieces_max);
            const std::size_t used = queue.gather(pieces, bytes - wire.size());
            const std::size_t before = wire.size();
            for (const iovec& piece : std::span(pieces).first(used)) {
                wire.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
            }
            if (wire.size() == before) {
                break;
            }
            queue.consumed(wire.size() - before);
            expect_balance(ledger());
        }
        return wire;
    }

    void connect() { queue.connected(); }
    void lose() {
        queue.lost();
        expect_balance(ledger());
    }
    void stop() {
        queue.stop();
        expect_balance(ledger());
    }

    [[nodiscard]] EgressLedger ledger() const { return queue.ledger(); }
    [[nodiscard]] EgressLedger::Count dropped_as(DropReason reason) const {
        return dropped(ledger(), reason);
    }

    BufferPool pool;
    std::atomic<int> released = 0;  // buffers given back, on whatever thread
    std::atomic<int> works = 0;     // calls of on_work
    TransmitQueue queue;

  private:
    Result<void> checked(Result<void> outcome) {
        expect_balance(ledger());
        return outcome;
    }
};

inline Errc code_of(const Result<void>& result) {
    return result ? Errc{} : result.error().code();
}

constexpr EgressLedger::Count messages(std::uint64_t count, std::uint64_t bytes) {
    return {.messages = count, .bytes = bytes};
}

inline std::ostream& operator<<(std::ostream& out, const EgressLedger::Count& count) {
    return out << count.messages << " messages, " << count.bytes << " bytes";
}

}  // namespace sluice::net
