/// Published messages: pooled, shared as pointers to const.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "sluice/core/check.hpp"
#include "sluice/core/describe.hpp"
#include "sluice/sync/mutex.hpp"

namespace sluice {

namespace detail {

/// What there is of each message type, once for the whole program; its address tells types apart.
struct MessageType {
    std::string_view name;
    const StructDescription* description;  // null if the type has none
};

template <typename T>
const MessageType& message_type() {
    if constexpr (Described<T>) {
        static const MessageType type{describe(TypeTag<T>{}).name(), &describe(TypeTag<T>{})};
        return type;
    } else {
        static const MessageType type{"(not described)", nullptr};
        return type;
    }
}

class MessagePoolBase;

/// The head of a pooled message; the message itself follows in MessageNode<T>.
struct MessageHead {
    std::atomic<std::uint32_t> references{0};
    MessagePoolBase* pool = nullptr;
    MessageHead* next_free = nullptr;
    const void* object = nullptr;
    std::size_t charge_b = 0;
};

/// Keeps what came back for reuse, the last first. What is out is bounded by the queues that hold
/// it and by the buffers that it holds. Any thread.
class MessagePoolBase {
  public:
    explicit MessagePoolBase(const MessageType& type) noexcept : type_(type) {}
    MessagePoolBase(const MessagePoolBase&) = delete;
    MessagePoolBase& operator=(const MessagePoolBase&) = delete;
    /// REQUIRES: every message came back.
    virtual ~MessagePoolBase();

    [[nodiscard]] const MessageType& type() const noexcept { return type_; }
    [[nodiscard]] MessageHead& acquire();
    /// The last reference is gone.
    void give_back(MessageHead& head) noexcept;

  protected:
    [[nodiscard]] MessageHead* take_free() noexcept;

  private:
    virtual MessageHead* create() = 0;
    virtual void clear(MessageHead& head) noexcept = 0;
    virtual void destroy(MessageHead& head) noexcept = 0;

    const MessageType& type_;
    sync::Mutex mutex_;
    MessageHead* free_ SLUICE_GUARDED_BY(mutex_) = nullptr;
    std::size_t out_ SLUICE_GUARDED_BY(mutex_) = 0;
};

template <typename T>
struct MessageNode : MessageHead {
    T message{};
};

template <typename T>
class MessagePool final : public MessagePoolBase {
  public:
    MessagePool() : MessagePoolBase(message_type<T>()) {}
    ~MessagePool() override {
        while (MessageHead* head = take_free()) {
            destroy(*head);
        }
    }

  private:
    MessageHead* create() override {
        auto* node = new MessageNode<T>;
        node->pool = this;
        node->object = &node->message;
        return node;
    }
    void clear(MessageHead& head) noexcept override {
        T& message = static_cast<MessageNode<T>&>(head).message;
        if constexpr (requires { message.clear(); }) {
            message.clear();
        } else {
            message = T{};
        }
    }
    void destroy(MessageHead& head) noexcept override {
        delete static_cast<MessageNode<T>*>(&head);
    }
};

/// What one subscriber's callbacks keep: counted by the handles that were copied.
struct MessageKeeper {
    std::atomic<std::int64_t> messages{0};
    std::atomic<std::int64_t> bytes{0};
};

}  // namespace detail

/// A share of a published message of any type; empty by default. What a callback keeps, and every
/// copy of that, is counted as kept by its subscription. One handle is used by one thread at a
/// time, its copies by any. Must be gone before the pipeline is.
class AnyMessage {
  public:
    AnyMessage() = default;
    AnyMessage(const AnyMessage& other) noexcept;
    AnyMessage(AnyMessage&& other) noexcept
        : head_(std::exchange(other.head_, nullptr)),
          keeper_(std::exchange(other.keeper_, nullptr)) {}
    AnyMessage& operator=(const AnyMessage& other) noexcept;
    AnyMessage& operator=(AnyMessage&& other) noexcept;
    ~AnyMessage() { reset(); }

    [[nodiscard]] explicit operator bool() const noexcept { return head_ != nullptr; }
    void reset() noexcept;

    /// The name in its type's description. REQUIRES: not empty.
    [[nodiscard]] std::string_view type_name() const noexcept { return head_->pool->type().name; }
    /// Null if its type is not described. REQUIRES: not empty.
    [[nodiscard]] const StructDescription* description() const noexcept {
        return head_->pool->type().description;
    }
    /// The message, for whoever reads it by its description. REQUIRES: not empty.
    [[nodiscard]] const void* object() const noexcept { return head_->object; }
    /// The bytes that it is charged with in queues. REQUIRES: not empty.
    [[nodiscard]] std::size_t charge_b() const noexcept { return head_->charge_b; }

    /// The message as a T; null if it is empty or of another type.
    template <typename T>
    [[nodiscard]] const T* get_if() const noexcept {
        return is_of(detail::message_type<T>()) ? static_cast<const T*>(head_->object) : nullptr;
    }

    // For the pipeline.

    [[nodiscard]] bool is_of(const detail::MessageType& type) const noexcept {
        return head_ != nullptr && &head_->pool->type() == &type;
    }
    /// A share that counts as kept by `keeper`, or by nobody if that is null.
    [[nodiscard]] AnyMessage share_for(detail::MessageKeeper* keeper) const noexcept;

  private:
    template <typename T>
    friend class Draft;
    /// Takes over one reference that the head already counts.
    explicit AnyMessage(detail::MessageHead* head) noexcept : head_(head) {}

    detail::MessageHead* head_ = nullptr;
    detail::MessageKeeper* keeper_ = nullptr;
};

/// A share of a published T: a pointer to const. See AnyMessage.
template <typename T>
class MessagePtr {
  public:
    MessagePtr() = default;
    /// REQUIRES: `message` is empty or a T.
    explicit MessagePtr(AnyMessage message) noexcept : message_(std::move(message)) {
        SLUICE_CHECK(!message_ || message_.get_if<T>() != nullptr,
                     "a MessagePtr is made of a message of its type");
    }

    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(message_); }
    [[nodiscard]] const T& operator*() const noexcept {
        return *static_cast<const T*>(message_.object());
    }
    [[nodiscard]] const T* operator->() const noexcept { return &**this; }
    [[nodiscard]] const AnyMessage& any() const noexcept { return message_; }
    void reset() noexcept { message_.reset(); }

  private:
    AnyMessage message_;
};

/// A message that is being written: from `Publisher::draft`, to `Publisher::publish`. Dropping it
/// gives it back unpublished. A message that came back is cleared by its member `clear()`, which
/// may keep the memory of its containers for the next one, or else assigned a default T.
template <typename T>
class Draft {
  public:
    Draft() = default;
    explicit Draft(detail::MessagePool<T>& pool) : head_(&pool.acquire()) {}
    Draft(Draft&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
    Draft& operator=(Draft&& other) noexcept {
        std::swap(head_, other.head_);
        return *this;
    }
    ~Draft() {
        if (head_ != nullptr) {
            head_->pool->give_back(*head_);
        }
    }

    [[nodiscard]] explicit operator bool() const noexcept { return head_ != nullptr; }
    [[nodiscard]] T& operator*() const noexcept {
        return static_cast<detail::MessageNode<T>*>(head_)->message;
    }
    [[nodiscard]] T* operator->() const noexcept { return &**this; }

    /// Ends the writing. The message is charged with what its member `charge_b()` says, or with its
    /// size. REQUIRES: not empty.
    [[nodiscard]] AnyMessage finish() && noexcept {
        const T& message = **this;
        if constexpr (requires { message.charge_b(); }) {
            head_->charge_b = message.charge_b();
        } else {
            head_->charge_b = sizeof(T);
        }
        head_->references.store(1, std::memory_order_relaxed);
        return AnyMessage(std::exchange(head_, nullptr));
    }

  private:
    detail::MessageHead* head_ = nullptr;
};

}  // namespace sluice
