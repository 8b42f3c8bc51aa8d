/// How much of a pool one holder keeps alive, and its limit.
#pragma once

#include <cstddef>
#include <utility>

namespace sluice {

namespace detail {
struct Block;
}

/// Told, once, that memory for which it waited may be there. Called with the pool's lock held, on
/// the thread that gave memory back: it only signals (posts to a loop, wakes a thread) and never
/// calls the pool or drops a Buffer.
class MemoryWaiter {
  public:
    virtual void memory_available() noexcept = 0;

  protected:
    ~MemoryWaiter() = default;

  private:
    friend class BufferPool;
    MemoryWaiter* next_ = nullptr;
    std::size_t bytes_ = 0;
    bool waiting_ = false;
};

/// An account of a BufferPool (`open_account`): every block received for it is charged with its
/// whole size from the first slice taken of it until the last is gone. So what is counted is the
/// memory that is kept from others, not the payload. May be closed (destroyed) before the Buffers
/// charged to it are gone. Move-only; one thread.
class BufferAccount {
  public:
    BufferAccount() = default;
    BufferAccount(BufferAccount&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)),
          lease_(std::exchange(other.lease_, nullptr)),
          lease_sequence_(other.lease_sequence_) {}
    BufferAccount& operator=(BufferAccount&& other) noexcept;
    ~BufferAccount();

    /// Bytes that are charged now. Any thread.
    [[nodiscard]] std::size_t held_bytes() const noexcept;

  private:
    friend class BufferPool;
    friend class ReceiveBuffer;
    explicit BufferAccount(detail::Block* block) noexcept : block_(block) {}

    detail::Block* block_ = nullptr;
    detail::Block* lease_ = nullptr;  // of the current slab; owned by the ReceiveBuffer
    unsigned long lease_sequence_ = 0;
};

}  // namespace sluice
