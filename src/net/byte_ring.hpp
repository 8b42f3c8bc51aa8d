/// Bytes, first in first out, in memory that never grows.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

#include "sluice/core/check.hpp"

namespace sluice::net {

/// The bytes do not move once they are in, so a reader may look at the front while more are added.
class ByteRing final {
  public:
    /// The memory is allocated at the first push.
    explicit ByteRing(std::size_t capacity) : capacity_(capacity) {}

    [[nodiscard]] std::size_t room() const noexcept { return capacity_ - size_; }

    /// REQUIRES: bytes.size() <= room().
    void push(std::span<const std::byte> bytes) {
        SLUICE_CHECK(bytes.size() <= room(), "push to a full byte ring");
        if (memory_ == nullptr) {
            memory_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
        }
        for (const std::span<std::byte> piece : pieces(size_, bytes.size())) {
            if (!piece.empty()) {
                std::memcpy(piece.data(), bytes.data(), piece.size());
                bytes = bytes.subspan(piece.size());
            }
            size_ += piece.size();
        }
    }

    /// Drops `bytes` from the front. REQUIRES: there are as many.
    void pop(std::size_t bytes) {
        SLUICE_CHECK(bytes <= size_, "pop beyond the end of a byte ring");
        size_ -= bytes;
        // An empty ring begins at its front again, where its memory is in the cache, or in use.
        front_ = size_ == 0 ? 0 : position(bytes);
    }

    /// The `bytes` from `offset` (from the front) on: one piece, or two at the end of the memory.
    [[nodiscard]] std::array<std::span<std::byte>, 2> pieces(std::size_t offset,
                                                             std::size_t bytes) const noexcept {
        const std::size_t begin = position(offset);
        const std::size_t first = std::min(bytes, capacity_ - begin);
        return {std::span(memory_.get() + begin, first), std::span(memory_.get(), bytes - first)};
    }

  private:
    [[nodiscard]] std::size_t position(std::size_t offset) const noexcept {
        const std::size_t to_end = capacity_ - front_;
        return offset < to_end ? front_ + offset : offset - to_end;
    }

    std::unique_ptr<std::byte[]> memory_;
    std::size_t capacity_;
    std::size_t front_ = 0;
    std::size_t size_ = 0;
};

}  // namespace sluice::net
