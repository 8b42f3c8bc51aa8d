/// Bytes, first in first out, under a bound.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "sluice/core/check.hpp"
#include "sluice/sync/ring.hpp"

namespace sluice::net {

/// The bytes do not move once they are in, so a reader may look at the front while more are added.
/// So what comes when the memory is full goes to a larger piece beside it, and the old piece is
/// given up when it is read to its end:
///
///     earlier:  [ read | 1 2 3 4 ]      last:  [ 5 6 7 8 9 | free ........................ ]
///
/// Usually there is only the last. It holds what waited at most so far, to a factor of four, and
/// stays when the ring is empty.
class ByteRing final {
  public:
    /// The memory is allocated at the first push.
    explicit ByteRing(std::size_t capacity) : capacity_(capacity) {}

    /// The most that a ring takes: all sizes through which it grows, at once.
    [[nodiscard]] static constexpr std::size_t memory_b(std::size_t capacity) noexcept {
        return capacity + capacity / 3;
    }

    [[nodiscard]] std::size_t room() const noexcept { return capacity_ - size_; }

    /// REQUIRES: bytes.size() <= room().
    void push(std::span<const std::byte> bytes) {
        SLUICE_CHECK(bytes.size() <= room(), "push to a full byte ring");
        if (bytes.size() > last_.capacity - last_.size) {
            grow(size_ + bytes.size());
        }
        last_.push(bytes);
        size_ += bytes.size();
    }

    /// Drops `bytes` from the front. REQUIRES: there are as many.
    void pop(std::size_t bytes) {
        SLUICE_CHECK(bytes <= size_, "pop beyond the end of a byte ring");
        size_ -= bytes;
        while (!earlier_.empty() && bytes > 0) {
            bytes -= earlier_.front().pop(bytes);
            if (earlier_.front().size == 0) {
                earlier_.erase(earlier_.begin());
            }
        }
        last_.pop(bytes);
    }

    /// Calls `visit` with the `bytes` from `offset` (from the front) on, in as many pieces as they
    /// stand in. REQUIRES: there are as many.
    template <typename Visit>
    void for_each_piece(std::size_t offset, std::size_t bytes, Visit visit) const {
        for (const Part& part : earlier_) {
            const std::size_t skipped = std::min(offset, part.size);
            const std::size_t seen = std::min(bytes, part.size - skipped);
            part.for_each_piece(skipped, seen, visit);
            offset -= skipped;
            bytes -= seen;
        }
        last_.for_each_piece(offset, bytes, visit);
    }

  private:
    /// The first piece, if the capacity is not less; a small message fits.
    static constexpr std::size_t part_b_min = 128;

    /// A ring of one size.
    struct Part {
        void push(std::span<const std::byte> bytes) noexcept {
            const std::size_t at = position(size);
            const std::size_t first = std::min(bytes.size(), capacity - at);
            std::copy_n(bytes.data(), first, memory.get() + at);
            std::copy_n(bytes.data() + first, bytes.size() - first, memory.get());
            size += bytes.size();
        }
        /// Drops up to `bytes`, and returns how many.
        std::size_t pop(std::size_t bytes) noexcept {
            bytes = std::min(bytes, size);
            size -= bytes;
            // An empty part begins at its front again, where its memory is in the cache, or in use.
            front = size == 0 ? 0 : position(bytes);
            return bytes;
        }
        template <typename Visit>
        void for_each_piece(std::size_t offset, std::size_t bytes, Visit& visit) const {
            const std::size_t at = position(offset);
            const std::size_t first = std::min(bytes, capacity - at);
            if (first > 0) {
                visit(std::span<const std::byte>(memory.get() + at, first));
            }
            if (bytes > first) {
                visit(std::span<const std::byte>(memory.get(), bytes - first));
            }
        }
        [[nodiscard]] std::size_t position(std::size_t offset) const noexcept {
            const std::size_t to_end = capacity - front;
            return offset < to_end ? front + offset : offset - to_end;
        }

        std::unique_ptr<std::byte[]> memory;
        std::size_t capacity = 0;
        std::size_t front = 0;
        std::size_t size = 0;
    };

    /// Goes on in a piece that has room for all that is there and is to come.
    void grow(std::size_t bytes) {
        const std::size_t least_b = std::min(part_b_min, capacity_);
        Part larger;
        larger.capacity = sync::size_to_grow_to(std::max(bytes, least_b), capacity_);
        larger.memory = std::make_unique_for_overwrite<std::byte[]>(larger.capacity);
        if (last_.size > 0) {
            earlier_.push_back(std::move(last_));
        }
        last_ = std::move(larger);
    }

    std::size_t capacity_;
    std::size_t size_ = 0;
    std::vector<Part> earlier_;  // none of them empty
    Part last_;
};

}  // namespace sluice::net
