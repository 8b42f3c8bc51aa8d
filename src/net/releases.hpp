/// Buffers on their way out of a lock.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "sluice/buffers/buffer.hpp"

namespace sluice::net {

/// References that are finished. Declared before a lock is taken, so that they are given back after
/// it: what the last share of lent memory calls may well push the next message.
class Releases {
  public:
    Releases() = default;
    ~Releases() { give_back(); }
    Releases(const Releases&) = delete;
    Releases& operator=(const Releases&) = delete;

    /// In the order in which they were finished.
    void give_back() noexcept {
        std::ranges::for_each(std::span(buffers_).first(size_), &Buffer::reset);
        size_ = 0;
    }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] bool full() const noexcept { return size_ == buffers_.size(); }
    /// REQUIRES: not full().
    void add(Buffer&& buffer) noexcept { buffers_[size_++] = std::move(buffer); }

  private:
    static constexpr std::size_t at_once = 32;

    std::array<Buffer, at_once> buffers_;
    std::size_t size_ = 0;
};

}  // namespace sluice::net
