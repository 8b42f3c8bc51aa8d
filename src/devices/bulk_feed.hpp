/// Keeps a transmit queue full of messages, as fast as they are sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/devices/generator.hpp"
#include "sluice/net/transmit_queue.hpp"

namespace sluice::devices {

/// Two slabs take turns: while one is sent, the other waits behind it; when the queue gives one
/// back, it is filled with the next messages and queued again, without a copy. Loop thread only.
class BulkFeed final {
  public:
    static constexpr std::size_t slabs = 2;

    /// All must outlive the feed. `on_exhausted` is called once all of `messages_max` messages from
    /// `first` on are queued (or there is no memory for more); while the queue is being sent, so it
    /// only takes a note.
    BulkFeed(BufferPool& pool, const Generator& generator, net::TransmitQueue& queue,
             std::uint64_t first, std::uint64_t messages_max, std::function<void()> on_exhausted);
    /// REQUIRES: the queue has given everything back.
    ~BulkFeed();
    BulkFeed(const BulkFeed&) = delete;
    BulkFeed& operator=(const BulkFeed&) = delete;

    /// Queues the first messages. Errors: those of BufferPool::acquire_slab.
    [[nodiscard]] Result<void> start();
    /// Fills no slab again.
    void stop() noexcept { is_stopped_ = true; }

    /// The number after the last message that was queued.
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }

  private:
    struct Slab {
        BulkFeed* feed = nullptr;
        Buffer memory;
        bool is_queued = false;
    };
    static void give_back(void* slab, std::span<const std::byte> memory) noexcept;
    void fill(Slab& slab);

    BufferPool& pool_;
    const Generator& generator_;
    net::TransmitQueue& queue_;
    std::function<void()> on_exhausted_;
    std::array<Slab, slabs> slabs_;
    std::uint64_t next_;
    std::uint64_t left_;
    bool is_stopped_ = false;
};

}  // namespace sluice::devices
