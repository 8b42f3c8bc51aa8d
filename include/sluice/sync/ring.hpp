/// A double-ended ring of bounded capacity.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "sluice/core/check.hpp"

namespace sluice::sync {

/// When a Ring gets its memory: all of it at once, or more whenever it holds more items than ever
/// before.
enum class Allocate : unsigned char { now, as_needed };

/// The sizes through which what grows up to `limit` goes are limit, limit / 4, limit / 16 ...: the
/// last step leads exactly to the limit, and all smaller ones together are a third of it. This is
/// the least of them that is at least `needed`. REQUIRES: 0 < needed <= limit.
[[nodiscard]] constexpr std::size_t size_to_grow_to(std::size_t needed,
                                                    std::size_t limit) noexcept {
    std::size_t size = limit;
    while (size / 4 >= needed) {
        size /= 4;
    }
    return size;
}

/// Items in order, the oldest at index 0. Not for several threads at once. What is taken leaves
/// nothing behind in the ring. Memory is touched only as far as the ring was ever filled, and never
/// given back before its end.
template <typename T>
class Ring final {
  public:
    /// REQUIRES: capacity < 2^32.
    explicit Ring(std::size_t capacity, Allocate when = Allocate::now)
        : capacity_(static_cast<Count>(capacity)) {
        SLUICE_CHECK(capacity <= std::numeric_limits<Count>::max(), "a Ring of 2^32 items");
        if (when == Allocate::now) {
            grow(capacity_);
        }
    }
    ~Ring() {
        while (!empty()) {
            static_cast<void>(take());
        }
    }
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    /// The most that a ring takes, which it does at the moment when it grows to its capacity.
    [[nodiscard]] static constexpr std::size_t memory_b(std::size_t capacity) noexcept {
        return (capacity + capacity / 4) * sizeof(T);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] bool full() const noexcept { return size_ == capacity_; }

    /// REQUIRES: index < size().
    [[nodiscard]] T& operator[](std::size_t index) noexcept { return *place(index); }
    [[nodiscard]] const T& operator[](std::size_t index) const noexcept { return *place(index); }

    /// REQUIRES: not full().
    void push_back(T&& added) noexcept {
        SLUICE_CHECK(!full(), "push_back into a full Ring");
        if (size_ == allocated_) {
            grow(size_to_grow_to(std::size_t{size_} + 1, capacity_));
        }
        ++size_;
        std::construct_at(place(size_ - 1), std::move(added));
    }

    /// Removes one item; those before it move up, so that index 0 costs nothing more.
    /// REQUIRES: index < size().
    [[nodiscard]] T take(std::size_t index = 0) noexcept {
        T taken = std::move(*place(index));
        for (; index > 0; --index) {
            std::destroy_at(place(index));
            std::construct_at(place(index), std::move(*place(index - 1)));
        }
        std::destroy_at(place(0));
        --size_;
        // An empty ring begins at its front again, where its memory is in the cache, or in use.
        begin_ = size_ == 0 || begin_ + 1 == allocated_ ? 0 : begin_ + 1;
        return taken;
    }

  private:
    using Count = std::uint32_t;  // where there are thousands of rings, they are mostly empty

    /// Memory for an item that may not be there.
    union Slot {
        Slot() noexcept {}
        ~Slot() {}
        T item;
    };

    /// Moves all items to the front of new memory. REQUIRES: slots >= size().
    void grow(std::size_t slots) {
        auto grown = std::make_unique_for_overwrite<Slot[]>(slots);
        for (std::size_t i = 0; i < size_; ++i) {
            std::construct_at(std::addressof(grown[i].item), std::move(*place(i)));
            std::destroy_at(place(i));
        }
        slots_ = std::move(grown);
        allocated_ = static_cast<Count>(slots);
        begin_ = 0;
    }

    /// Where the item stands, or will. REQUIRES: index < size().
    [[nodiscard]] T* place(std::size_t index) const noexcept {
        SLUICE_CHECK(index < size_, "a Ring's index is below its size");
        const std::size_t to_end = allocated_ - begin_;
        return std::addressof(slots_[index < to_end ? begin_ + index : index - to_end].item);
    }

    std::unique_ptr<Slot[]> slots_;
    Count capacity_;
    Count allocated_ = 0;
    Count begin_ = 0;
    Count size_ = 0;
};

}  // namespace sluice::sync
