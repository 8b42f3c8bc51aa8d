/// How much of a pool one holder keeps alive, and its limit.
#pragma once

#include <cstddef>
#include <utility>

namespace sluice {

namespace detail {
struct Block;
class WaitList;

/// Where a MemoryWaiter is in the list of those who wait.
class WaitNode {
  public:
    WaitNode(const WaitNode&) = delete;
    WaitNode& operator=(const WaitNode&) = delete;

  protected:
    WaitNode() = default;
    ~WaitNode() = default;

  private:
    friend class WaitList;
    WaitList* list_ = nullptr;  // null if it does not wait; all three under the pool's lock
    WaitNode* next_ = nullptr;
    WaitNode* previous_ = nullptr;
};
}  // namespace detail

/// Told, once, that memory for which it waited may be there. Called with the pool's lock held, on
/// the thread that gave memory back (or that began to wait, if there is no need to): it only
/// signals (posts to a loop, wakes a thread) and never calls the pool or drops a Buffer.
class MemoryWaiter : public detail::WaitNode {
  public:
    virtual void memory_available() noexcept = 0;

  protected:
    ~MemoryWaiter() = default;
};

/// An account of a BufferPool (`open_account`): every slab received for it is charged with its
/// whole size from the first slice taken of it until the last is gone, and every copied block until
/// its last share is gone. So what is counted is the memory that is kept from others, not the
/// payload; a slab in which two accounts have slices is charged to both. May be closed (destroyed)
/// before the Buffers charged to it are gone. Receives through one ReceiveBuffer at a time. One
/// thread, except where stated.
///
/// Move-only; a default-constructed one is not open and holds nothing.
class BufferAccount {
  public:
    BufferAccount() = default;
    BufferAccount(BufferAccount&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    BufferAccount& operator=(BufferAccount&& other) noexcept;
    ~BufferAccount();

    /// Bytes that are charged now. Any thread.
    [[nodiscard]] std::size_t held_bytes() const noexcept;

  private:
    friend class BufferPool;
    friend class ReceiveBlock;
    friend class ReceiveBuffer;
    explicit BufferAccount(detail::Block* block) noexcept : block_(block) {}
    void close() noexcept;

    detail::Block* block_ = nullptr;
};

}  // namespace sluice
