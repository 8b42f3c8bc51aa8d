#include "devices/bulk_feed.hpp"

#include <utility>

#include "sluice/core/check.hpp"

namespace sluice::devices {

BulkFeed::BulkFeed(BufferPool& pool, const Generator& generator, net::TransmitQueue& queue,
                   std::uint64_t first, std::uint64_t messages_max,
                   std::function<void()> on_exhausted)
    : pool_(pool),
      generator_(generator),
      queue_(queue),
      on_exhausted_(std::move(on_exhausted)),
      next_(first),
      left_(messages_max) {}

BulkFeed::~BulkFeed() {
    for (const Slab& slab : slabs_) {
        SLUICE_CHECK(!slab.is_queued, "the queue still holds a slab of the feed");
    }
}

Result<void> BulkFeed::start() {
    for (Slab& slab : slabs_) {
        Result<Buffer> memory = pool_.acquire_slab();
        if (!memory) {
            return memory.error();
        }
        slab.feed = this;
        slab.memory = *std::move(memory);
    }
    if (left_ == 0) {
        on_exhausted_();
    }
    for (Slab& slab : slabs_) {
        fill(slab);
    }
    return {};
}

void BulkFeed::give_back(void* slab, std::span<const std::byte>) noexcept {
    auto& returned = *static_cast<Slab*>(slab);
    returned.is_queued = false;
    returned.feed->fill(returned);
}

void BulkFeed::fill(Slab& slab) {
    if (is_stopped_ || left_ == 0) {
        return;
    }
    const Generator::Written made = generator_.write(next_, left_, slab.memory.writable());
    Result<Buffer> message =
        pool_.wrap(slab.memory.bytes().first(made.bytes), &BulkFeed::give_back, &slab);
    if (message) {
        slab.is_queued = true;
        next_ += made.messages;
        left_ -= made.messages;
        const Result<void> pushed = queue_.try_push({&*message, 1});
        SLUICE_CHECK(pushed, "the queue has room for every slab");
    } else {
        left_ = 0;
    }
    if (left_ == 0) {
        on_exhausted_();
    }
}

}  // namespace sluice::devices
