/// One producer's own way into a TransmitQueue, for small messages at a high rate.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>

#include "sluice/buffers/buffer.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/net/outgoing_message.hpp"
#include "sluice/sync/parker.hpp"

namespace sluice::net {

struct LaneOptions {
    /// Copied bytes that may wait: a power of two from 4 KiB to 64 MiB.
    std::size_t arena_b = std::size_t{512} * 1024;
    /// Messages that may wait: a power of two from 16 to 2^20.
    std::size_t messages_max = std::size_t{32} * 1024;
    /// Fragments that are not copied and may wait, a power of two from 1 to 65,536,
    std::size_t references_max = 512;
    /// and the bytes of them; a single message may exceed that.
    std::size_t referenced_b_max = std::size_t{8} * 1024 * 1024;
    /// Fragments shorter than this are copied, up to the size of the arena; 0 = none is. Where a
    /// copy and a reference cost alike was measured: docs/benchmarks.md, "crossover".
    std::size_t copy_below_b = 1024;
};

[[nodiscard]] Result<void> validate(const LaneOptions& options);

/// Messages of one producer, in their order, on their way to the loop that sends them. Small ones
/// are written one behind the other into an arena, so that a single iovec carries many; larger
/// fragments stay where they are and follow as references, in the same stream.
///
///     stream:  [ m1 | m2 | m3 header ][ m3 body, a reference ][ m4 | m5 ]
///     arena:   [ m1 | m2 | m3 header | m4 | m5 | free ........ ]
///
/// A message costs its producer one comparison of room, the copy, a release store and one look
/// whether the loop sleeps; no lock and no fence. The fence is the loop's, before it sleeps.
///
/// The functions for pushing: one thread at a time. Made by TransmitQueue::open_lane; what was
/// pushed before TransmitQueue::close_lane is still sent after it.
// Each side's words have a cache line of their own.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
class TransmitLane final {
  public:
    ~TransmitLane();
    TransmitLane(const TransmitLane&) = delete;
    TransmitLane& operator=(const TransmitLane&) = delete;

    /// Copies one message: the first `prefix_b` bytes of `prefix` as they stand in memory, and the
    /// body. False if that is not possible now, or not so simply: `try_push` does it, or says why
    /// not. REQUIRES: 0 < prefix_b <= 8.
    bool try_write(std::uint64_t prefix, std::size_t prefix_b,
                   std::span<const std::byte> body) noexcept {
        const std::size_t bytes = prefix_b + body.size();
        const std::size_t at = own_.arena_tail & arena_mask_;
        // The prefix is stored as a whole word, which may reach behind a short message.
        const std::size_t touched_b = bytes + sizeof prefix;
        if (touched_b > own_.room_b || own_.room_messages == 0 || is_refusing()) [[unlikely]] {
            if (!make_room(touched_b)) {
                return false;
            }
        }
        if (touched_b > arena_mask_ + 1 - at) [[unlikely]] {
            return false;
        }
        std::byte* const target = arena_.get() + at;
        std::memcpy(target, &prefix, sizeof prefix);
        copy_body(target + prefix_b, body);
        own_.arena_tail += bytes;
        own_.room_b -= bytes;
        commit(bytes);
        return true;
    }

    /// One message, whatever its pieces.
    /// Errors: `would_block` (no room now), `too_large` (for the arena, or too many fragments),
    /// `not_connected` (the queue's policy refuses it then), `stopped`, `invalid_argument` (of no
    /// bytes).
    Result<void> try_push(const OutgoingMessage& message);
    /// The same, but waits for room: `timed_out` at the deadline. Not on the loop's thread.
    Result<void> push(const OutgoingMessage& message, SteadyTime deadline);

    /// Counts a message that was not accepted: its sender was told.
    void count_refused() noexcept {
        refused_.store(refused_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }

    [[nodiscard]] const LaneOptions& options() const noexcept { return options_; }

  private:
    friend class TransmitQueue;
    friend class LaneReader;
    friend class LaneSet;

    /// What the loop wants of the producer.
    enum Attention : std::uint8_t {
        sleeping = 1,       ///< Wake it after the next message.
        not_connected = 2,  ///< Messages are refused.
        stopped = 4,        ///< For ever.
    };

    struct Reference {
        Buffer buffer;
        std::uint64_t begin = 0;  // in the stream
    };

    TransmitLane(const LaneOptions& options, std::function<void(TransmitLane&)> on_attention);

    [[nodiscard]] std::uint8_t attention() const noexcept { return attention_.load(); }
    /// Takes a wish back.
    void clear(std::uint8_t wish) noexcept {
        attention_.fetch_and(static_cast<std::uint8_t>(~wish));
    }

    [[nodiscard]] bool is_refusing() const noexcept {
        return (attention_.load(std::memory_order_relaxed) & (not_connected | stopped)) != 0;
    }
    /// Looks how far the loop is; whether a copied message of so many bytes has room.
    bool make_room(std::size_t bytes) noexcept;
    [[nodiscard]] Result<void> obstacle(std::size_t copied_b, std::size_t references,
                                        std::size_t referenced_b);
    [[nodiscard]] bool is_copied(const Buffer& fragment) const noexcept {
        return fragment.size() < options_.copy_below_b || fragment.empty();
    }
    /// A call of memcpy costs more than a small message.
    static void copy_body(std::byte* target, std::span<const std::byte> body) noexcept {
        const std::byte* const source = body.data();
        const std::size_t size = body.size();
        if (size > 64 || size < 8) [[unlikely]] {
            std::copy_n(source, size, target);
        } else {
            const std::size_t last = size - sizeof(std::uint64_t);
            for (std::size_t at = 0; at < last; at += sizeof(std::uint64_t)) {
                copy_word(target + at, source + at);
            }
            copy_word(target + last, source + last);
        }
    }
    /// Messages are mostly written just before they are sent. A load that spans several stores
    /// waits until these are in the cache, behind all stores to the arena; one of a word that was
    /// stored as such does not. So the compiler is kept from joining words.
    static void copy_word(std::byte* target, const std::byte* source) noexcept {
        std::uint64_t word = 0;
        std::memcpy(&word, source, sizeof(word));
        asm("" : "+r"(word));
        std::memcpy(target, &word, sizeof(word));
    }
    void copy_around(std::size_t at, std::span<const std::byte> bytes) noexcept;
    void append(std::span<const std::byte> bytes) noexcept;
    void commit(std::size_t bytes) noexcept {
        sizes_[own_.messages_tail & messages_mask_] = static_cast<std::uint32_t>(bytes);
        --own_.room_messages;
        own_.stream_tail += bytes;
        messages_.store(++own_.messages_tail, std::memory_order_relaxed);
        committed_.store(own_.stream_tail, std::memory_order_release);
        if (attention_.load(std::memory_order_relaxed) != 0) [[unlikely]] {
            on_attention_(*this);
        }
    }

    const LaneOptions options_;
    const std::size_t arena_mask_;
    const std::size_t messages_mask_;
    const std::size_t references_mask_;
    const std::unique_ptr<std::byte[]> arena_;
    const std::unique_ptr<std::uint32_t[]> sizes_;  // of the messages that wait
    const std::unique_ptr<Reference[]> references_;
    const std::function<void(TransmitLane&)> on_attention_;
    sync::Parker room_;

    // Positions count from the begin of the lane and never wrap.
    struct alignas(64) Own {
        std::uint64_t arena_tail = 0;
        std::uint64_t stream_tail = 0;
        std::uint64_t messages_tail = 0;
        std::uint64_t references_tail = 0;
        std::uint64_t referenced_b = 0;
        std::size_t room_b = 0;         // in the arena, for sure
        std::size_t room_messages = 0;  // likewise
    } own_;                             // the producer's

    alignas(64) std::atomic<std::uint64_t> committed_{0};  // what the loop may send
    std::atomic<std::uint64_t> messages_{0};
    std::atomic<std::uint64_t> references_end_{0};
    std::atomic<std::uint64_t> refused_{0};

    alignas(64) std::atomic<std::uint64_t> arena_head_{0};  // what the loop has sent
    std::atomic<std::uint64_t> messages_head_{0};
    std::atomic<std::uint64_t> references_head_{0};
    std::atomic<std::uint64_t> referenced_head_b_{0};

    alignas(64) std::atomic<std::uint8_t> attention_{0};
};

}  // namespace sluice::net
