#include "buffers/wait_list.hpp"

#include "sluice/core/check.hpp"

namespace sluice::detail {

void WaitList::push_back(MemoryWaiter& waiter) noexcept {
    SLUICE_CHECK(waiter.list_ == nullptr, "a MemoryWaiter waits for one thing at a time");
    waiter.list_ = this;
    waiter.next_ = nullptr;
    waiter.previous_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = &waiter;
    last_ = &waiter;
}

void WaitList::remove(WaitNode& waiter) noexcept {
    WaitList* const list = waiter.list_;
    if (list == nullptr) {
        return;
    }
    (waiter.previous_ != nullptr ? waiter.previous_->next_ : list->first_) = waiter.next_;
    (waiter.next_ != nullptr ? waiter.next_->previous_ : list->last_) = waiter.previous_;
    waiter.list_ = nullptr;
    waiter.next_ = nullptr;
    waiter.previous_ = nullptr;
}

void WaitList::wake_all() noexcept {
    while (!empty()) {
        WaitNode& waiter = *first_;
        remove(waiter);
        static_cast<MemoryWaiter&>(waiter).memory_available();
    }
}

}  // namespace sluice::detail
