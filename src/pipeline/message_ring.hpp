/// The queue of one subscription.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sluice/pipeline/message.hpp"

namespace sluice::detail {

struct QueuedMessage {
    AnyMessage message;
    std::uint64_t sequence = 0;     ///< In the stage's order of publication.
    std::uint64_t lost_before = 0;  ///< Dropped between the one before and this one.
};

/// First in, first out; grows by doubling and keeps its memory. The bound is its user's.
class MessageRing {
  public:
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// REQUIRES: not empty().
    [[nodiscard]] QueuedMessage& front() noexcept { return slots_[begin_]; }
    [[nodiscard]] const QueuedMessage& front() const noexcept { return slots_[begin_]; }

    void push(QueuedMessage&& message) {
        if (size_ == slots_.size()) {
            grow();
        }
        slots_[(begin_ + size_) & (slots_.size() - 1)] = std::move(message);
        ++size_;
    }
    /// REQUIRES: not empty().
    [[nodiscard]] QueuedMessage pop() noexcept {
        QueuedMessage message = std::move(slots_[begin_]);
        begin_ = (begin_ + 1) & (slots_.size() - 1);
        --size_;
        return message;
    }

  private:
    void grow() {
        std::vector<QueuedMessage> larger(slots_.empty() ? 16 : slots_.size() * 2);
        for (std::size_t i = 0; i < size_; ++i) {
            larger[i] = std::move(slots_[(begin_ + i) & (slots_.size() - 1)]);
        }
        slots_ = std::move(larger);
        begin_ = 0;
    }

    std::vector<QueuedMessage> slots_;  // a power of two of them
    std::size_t begin_ = 0;
    std::size_t size_ = 0;
};

}  // namespace sluice::detail
