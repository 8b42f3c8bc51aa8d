/// A counted slice of memory: of a pool's block, or of memory that the user lends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace sluice {

class BufferPool;
namespace detail {
struct Block;
void add_reference(Block& block) noexcept;
void drop_reference(Block& block) noexcept;
void add_references(Block& block, std::uint32_t count) noexcept;
void drop_references(Block& block, std::uint32_t count) noexcept;
[[nodiscard]] bool is_unique(const Block& block) noexcept;
[[nodiscard]] bool is_writable(const Block& block) noexcept;
[[nodiscard]] std::size_t kept_b(const Block& block) noexcept;
[[nodiscard]] std::span<std::byte> whole_payload(Block& block) noexcept;
}  // namespace detail

/// Owns a share of a block and looks at a part of it. Move-only: another share is made in the open,
/// by `share()` or `slice()`. When the last share is gone, on whatever thread, the block goes back
/// to its pool (or the user's memory to the user).
///
/// The bytes may be written while there is one share only; once shared they are immutable. One
/// Buffer is used by one thread at a time; shares of the same block by as many as there are.
class Buffer {
  public:
    /// Holds nothing: empty, of no block.
    Buffer() = default;
    Buffer(Buffer&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)), bytes_(std::exchange(other.bytes_, {})) {}
    Buffer& operator=(Buffer&& other) noexcept {
        if (this != &other) {
            reset();
            block_ = std::exchange(other.block_, nullptr);
            bytes_ = std::exchange(other.bytes_, {});
        }
        return *this;
    }
    ~Buffer() { reset(); }

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
    [[nodiscard]] const std::byte* data() const noexcept { return bytes_.data(); }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

    /// How much of its pool this share keeps from others: its whole block or slab, in bytes.
    [[nodiscard]] std::size_t kept_b() const noexcept {
        return block_ != nullptr ? detail::kept_b(*block_) : 0;
    }

    /// Another share of the same bytes.
    [[nodiscard]] Buffer share() const noexcept;
    /// Another share, of `size` bytes from `offset` on. REQUIRES: offset + size <= this->size().
    [[nodiscard]] Buffer slice(std::size_t offset, std::size_t size) const;

    /// Looks at the first `size` bytes only. REQUIRES: size <= this->size().
    void truncate(std::size_t size);
    /// Looks at the bytes behind the first `size` only. REQUIRES: size <= this->size().
    void drop_front(std::size_t size);
    /// Takes in the bytes of `next` and empties it, if it is of the same block and begins where
    /// this one ends (as do the slices that a ReceiveBuffer takes of one slab, one after the other,
    /// for one account); else changes nothing and says false.
    [[nodiscard]] bool join(Buffer& next) noexcept;

    /// The bytes, to be filled. REQUIRES: this is the only share, and of a pool's memory.
    [[nodiscard]] std::span<std::byte> writable();
    /// The unused rest of the block behind the bytes, to be filled and then taken in by `extend`.
    /// Empty unless this is the only share of a block that `acquire` gave.
    [[nodiscard]] std::span<std::byte> room() noexcept;
    /// Takes in the first `size` bytes of room(). REQUIRES: size <= room().size().
    void extend(std::size_t size);

    /// Gives the share back now.
    void reset() noexcept {
        bytes_ = {};
        if (detail::Block* const block = std::exchange(block_, nullptr)) {
            detail::drop_reference(*block);
        }
    }

  private:
    friend class BufferPool;
    friend class BufferShares;
    friend class ReceiveBlock;
    friend class ReceiveBuffer;
    /// Takes over one reference that the block already counts.
    Buffer(detail::Block* block, std::span<const std::byte> bytes) noexcept
        : block_(block), bytes_(bytes) {}

    detail::Block* block_ = nullptr;
    std::span<const std::byte> bytes_;
};

/// Shares of one Buffer that are counted in advance, all at once: to cut many parts off it at the
/// price of one. One thread.
class BufferShares {
  public:
    BufferShares() = default;
    /// So many shares of `buffer`'s block.
    BufferShares(const Buffer& buffer, std::uint32_t count) noexcept
        : block_(count > 0 ? buffer.block_ : nullptr), left_(block_ != nullptr ? count : 0) {
        if (block_ != nullptr) {
            detail::add_references(*block_, left_);
        }
    }
    BufferShares(BufferShares&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)), left_(std::exchange(other.left_, 0)) {}
    BufferShares& operator=(BufferShares&& other) noexcept {
        std::swap(block_, other.block_);
        std::swap(left_, other.left_);
        return *this;
    }
    /// Gives back those that were not taken.
    ~BufferShares() {
        if (left_ > 0) {
            detail::drop_references(*block_, left_);
        }
    }

    [[nodiscard]] std::uint32_t left() const noexcept { return left_; }

    /// One of them, looking at `part`. REQUIRES: left() > 0; `part` is in the block.
    [[nodiscard]] Buffer take(std::span<const std::byte> part) noexcept {
        --left_;
        return Buffer(block_, part);
    }

  private:
    detail::Block* block_ = nullptr;
    std::uint32_t left_ = 0;
};

}  // namespace sluice
