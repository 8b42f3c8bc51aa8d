#include "sluice/pipeline/message.hpp"

namespace sluice {
namespace detail {

MessagePoolBase::~MessagePoolBase() {
    const sync::MutexLock lock(mutex_);
    SLUICE_CHECK(out_ == 0, "a published message outlives its pipeline");
}

MessageHead& MessagePoolBase::acquire() {
    {
        const sync::MutexLock lock(mutex_);
        ++out_;
        if (free_ != nullptr) {
            return *std::exchange(free_, free_->next_free);
        }
    }
    return *create();
}

void MessagePoolBase::give_back(MessageHead& head) noexcept {
    clear(head);  // not under the lock: it gives buffers back, whose owners may do anything
    const sync::MutexLock lock(mutex_);
    head.next_free = std::exchange(free_, &head);
    --out_;
}

MessageHead* MessagePoolBase::take_free() noexcept {
    const sync::MutexLock lock(mutex_);
    return free_ == nullptr ? nullptr : std::exchange(free_, free_->next_free);
}

}  // namespace detail

AnyMessage::AnyMessage(const AnyMessage& other) noexcept
    : AnyMessage(other.share_for(other.keeper_)) {}

AnyMessage& AnyMessage::operator=(const AnyMessage& other) noexcept {
    return *this = AnyMessage(other);
}

AnyMessage& AnyMessage::operator=(AnyMessage&& other) noexcept {
    if (this != &other) {
        reset();
        head_ = std::exchange(other.head_, nullptr);
        keeper_ = std::exchange(other.keeper_, nullptr);
    }
    return *this;
}

AnyMessage AnyMessage::share_for(detail::MessageKeeper* keeper) const noexcept {
    AnyMessage share;
    if (head_ != nullptr) {
        head_->references.fetch_add(1, std::memory_order_relaxed);
        share.head_ = head_;
        share.keeper_ = keeper;
        if (keeper != nullptr) {
            keeper->messages.fetch_add(1, std::memory_order_relaxed);
            keeper->bytes.fetch_add(static_cast<std::int64_t>(head_->charge_b),
                                    std::memory_order_relaxed);
        }
    }
    return share;
}

void AnyMessage::reset() noexcept {
    detail::MessageHead* const head = std::exchange(head_, nullptr);
    detail::MessageKeeper* const keeper = std::exchange(keeper_, nullptr);
    if (head == nullptr) {
        return;
    }
    if (keeper != nullptr) {
        keeper->messages.fetch_sub(1, std::memory_order_relaxed);
        keeper->bytes.fetch_sub(static_cast<std::int64_t>(head->charge_b),
                                std::memory_order_relaxed);
    }
    if (head->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        head->pool->give_back(*head);
    }
}

}  // namespace sluice
