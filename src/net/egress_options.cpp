#include <algorithm>
#include <string>

#include "net/transmit_queue_state.hpp"

namespace sluice::net {
namespace {

constexpr std::size_t bytes_per_message = 64;
constexpr std::size_t messages_min = 16;
constexpr std::size_t segments_spare = 64;

}  // namespace

std::size_t messages_limit(const EgressOptions& options) {
    return std::max(messages_min, options.buffer_size_b / bytes_per_message);
}

/// Every reference may have a run of the arena before it.
std::size_t segments_limit(const EgressOptions& options) {
    const std::size_t reference_bytes = std::max(options.copy_below_b, bytes_per_message);
    return 2 * (options.buffer_size_b / reference_bytes) + segments_spare;
}

std::string_view name(DropReason reason) noexcept {
    switch (reason) {
        case DropReason::not_connected:
            return "not_connected";
        case DropReason::buffer_full:
            return "buffer_full";
        case DropReason::too_large:
            return "too_large";
        case DropReason::connection_lost:
            return "connection_lost";
        case DropReason::stopped:
            break;
    }
    return "stopped";
}

Result<void> validate(const EgressOptions& options) {
    constexpr std::size_t bytes_max = std::size_t{1} << 30U;
    if (options.buffer_size_b == 0 || options.buffer_size_b > bytes_max) {
        return Error(Errc::invalid_argument, "egress_buffer_size_b " +
                                                 std::to_string(options.buffer_size_b) +
                                                 "; allowed are 1 to 1073741824 bytes");
    }
    if (options.copy_below_b > 65'536) {
        return Error(Errc::invalid_argument, "copy_below_b " +
                                                 std::to_string(options.copy_below_b) +
                                                 "; allowed are 0 (never) to 65536 bytes");
    }
    return {};
}

std::size_t memory_b(const EgressOptions& options) {
    return sizeof(TransmitQueue) + ByteRing::memory_b(options.buffer_size_b) +
           sync::Ring<Segment>::memory_b(segments_limit(options)) +
           sync::Ring<MessageSize>::memory_b(messages_limit(options));
}

}  // namespace sluice::net
