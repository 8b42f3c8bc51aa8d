#include "sluice/buffers/buffer_account.hpp"

#include "buffers/block.hpp"
#include "buffers/pool_state.hpp"

namespace sluice {

BufferAccount& BufferAccount::operator=(BufferAccount&& other) noexcept {
    if (this != &other) {
        close();
        block_ = std::exchange(other.block_, nullptr);
    }
    return *this;
}

BufferAccount::~BufferAccount() {
    close();
}

void BufferAccount::close() noexcept {
    if (detail::Block* const block = std::exchange(block_, nullptr)) {
        detail::drop_reference(*block);
    }
}

std::size_t BufferAccount::held_bytes() const noexcept {
    if (block_ == nullptr) {
        return 0;
    }
    return detail::payload_as<detail::AccountData>(*block_).held_b.load(std::memory_order_relaxed);
}

}  // namespace sluice
