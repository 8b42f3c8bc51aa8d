/// A double-ended ring of fixed capacity whose memory is allocated once.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "sluice/core/check.hpp"

namespace sluice::sync {

/// When a Ring gets its memory.
enum class Allocate : unsigned char { now, at_first_use };

/// Items in order, the oldest at index 0. Not for several threads at once. What is taken leaves
/// nothing behind in the ring.
template <typename T>
class Ring final {
  public:
    explicit Ring(std::size_t capacity, Allocate when = Allocate::now)
        : slots_(when == Allocate::now ? std::make_unique<std::optional<T>[]>(capacity) : nullptr),
          capacity_(capacity) {}
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] bool full() const noexcept { return size_ == capacity_; }

    /// REQUIRES: index < size().
    [[nodiscard]] T& operator[](std::size_t index) noexcept { return *slot(index); }
    [[nodiscard]] const T& operator[](std::size_t index) const noexcept { return *slot(index); }

    /// REQUIRES: not full().
    void push_back(T&& item) noexcept {
        SLUICE_CHECK(!full(), "push_back into a full Ring");
        if (slots_ == nullptr) {
            slots_ = std::make_unique<std::optional<T>[]>(capacity_);
        }
        ++size_;
        slot(size_ - 1).emplace(std::move(item));
    }

    /// Removes one item; those before it move up, so that index 0 costs nothing more.
    /// REQUIRES: index < size().
    [[nodiscard]] T take(std::size_t index = 0) noexcept {
        T taken = std::move(*slot(index));
        for (; index > 0; --index) {
            slot(index).emplace(std::move(*slot(index - 1)));
        }
        slot(0).reset();
        --size_;
        // An empty ring begins at its front again, where its memory is in the cache, or in use.
        begin_ = size_ == 0 || begin_ + 1 == capacity_ ? 0 : begin_ + 1;
        return taken;
    }

  private:
    std::optional<T>& slot(std::size_t index) const noexcept {
        SLUICE_CHECK(index < size_, "a Ring's index is below its size");
        const std::size_t to_end = capacity_ - begin_;
        return slots_[index < to_end ? begin_ + index : index - to_end];
    }

    std::unique_ptr<std::optional<T>[]> slots_;
    std::size_t capacity_;
    std::size_t begin_ = 0;
    std::size_t size_ = 0;
};

}  // namespace sluice::sync
