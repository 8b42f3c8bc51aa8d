#include "buffers/block_list.hpp"

namespace sluice::detail {

void BlockList::push_front(Block& block) noexcept {
    block.previous = nullptr;
    block.next = front_;
    (front_ != nullptr ? front_->previous : back_) = &block;
    front_ = &block;
}

void BlockList::push_back(Block& block) noexcept {
    block.next = nullptr;
    block.previous = back_;
    (back_ != nullptr ? back_->next : front_) = &block;
    back_ = &block;
}

void BlockList::remove(Block& block) noexcept {
    (block.previous != nullptr ? block.previous->next : front_) = block.next;
    (block.next != nullptr ? block.next->previous : back_) = block.previous;
    block.next = nullptr;
    block.previous = nullptr;
}

}  // namespace sluice::detail
