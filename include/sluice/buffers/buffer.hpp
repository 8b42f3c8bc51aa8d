/// A counted slice of memory: of a pool's block, or of memory that the user lends.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

namespace sluice {

class BufferPool;
namespace detail {
struct Block;
void add_reference(Block& block) noexcept;
void drop_reference(Block& block) noexcept;
[[nodiscard]] bool is_unique(const Block& block) noexcept;
[[nodiscard]] bool is_writable(const Block& block) noexcept;
[[nodiscard]] std::size_t kept_b(const Block& block) noexcept;
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

    /// The bytes, to be filled. REQUIRES: this is the only share, and of a pool's memory.
    [[nodiscard]] std::span<std::byte> writable();

    /// Gives the share back now.
    void reset() noexcept;

  private:
    friend class BufferPool;
    friend class ReceiveBlock;
    friend class ReceiveBuffer;
    /// Takes over one reference that the block already counts.
    Buffer(detail::Block* block, std::span<const std::byte> bytes) noexcept
        : block_(block), bytes_(bytes) {}

    detail::Block* block_ = nullptr;
    std::span<const std::byte> bytes_;
};

}  // namespace sluice
