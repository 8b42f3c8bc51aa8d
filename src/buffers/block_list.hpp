/// A list of blocks that costs no memory of its own.
#pragma once

#include "buffers/block.hpp"

namespace sluice::detail {

/// Doubly linked through the blocks; a block is in one list at most.
class BlockList {
  public:
    [[nodiscard]] bool empty() const noexcept { return front_ == nullptr; }
    /// The first and the last; null if empty.
    [[nodiscard]] Block* front() const noexcept { return front_; }
    [[nodiscard]] Block* back() const noexcept { return back_; }

    void push_front(Block& block) noexcept;
    void push_back(Block& block) noexcept;
    /// REQUIRES: `block` is in this list.
    void remove(Block& block) noexcept;

  private:
    Block* front_ = nullptr;
    Block* back_ = nullptr;
};

}  // namespace sluice::detail
