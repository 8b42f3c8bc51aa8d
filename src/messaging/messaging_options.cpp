#include "sluice/messaging/messaging_options.hpp"

#include <bit>

namespace sluice {
namespace {

/// The pool's block for a frame of so many bytes.
std::size_t block_b(std::size_t frame_b) {
    constexpr std::size_t header_b = 64;
    return std::bit_ceil(frame_b + header_b);
}

void add(std::string& complaints, const std::string& complaint) {
    complaints += (complaints.empty() ? "" : "; ") + complaint;
}

void add(std::string& complaints, const Result<void>& judged) {
    if (!judged) {
        add(complaints, judged.error().detail());
    }
}

void judge_pool(std::string& complaints, const MessagingOptions& options) {
    const BufferPoolOptions& pool = options.receive_pool;
    const std::size_t frame_b =
        options.framer ? options.framer->frame_b_max() : options.framing.max_frame_length;
    if (frame_b > pool.size_b) {  // nor has a block of it a size, perhaps
        add(complaints, "receive_pool.size_b " + std::to_string(pool.size_b) +
                            ": must hold a frame of max_frame_length " + std::to_string(frame_b));
        return;
    }
    const std::size_t needed_b = frame_b > pool.slab_size_b / 2
                                     ? block_b(frame_b) + 2 * pool.slab_size_b
                                     : 4 * pool.slab_size_b;
    if (pool.size_b < needed_b) {
        add(complaints, "receive_pool.size_b " + std::to_string(pool.size_b) +
                            ": must be at least " + std::to_string(needed_b) +
                            ", to hold a frame of max_frame_length " + std::to_string(frame_b) +
                            " in a block of " + std::to_string(block_b(frame_b)) +
                            " and two slabs");
    }
}

}  // namespace

Framing default_message_framing() {
    Framing framing;
    framing.initial_bytes_to_strip = 4;
    return framing;
}

Result<void> validate(const MessagingOptions& options) {
    std::string complaints;
    if (!options.framer) {
        add(complaints, validate(options.framing));
    }
    add(complaints, validate(options.receive_pool));
    add(complaints, net::validate(options.sending));
    add(complaints, net::validate(options.socket));
    add(complaints, sys::validate(options.thread));
    if (complaints.empty()) {
        judge_pool(complaints, options);
    }
    if (options.receive_queue_b == 0) {
        add(complaints, "receive_queue_b 0; allowed are 1 byte or more");
    }
    if (options.frame_timeout <= Duration::zero()) {
        add(complaints, "frame_timeout: must be more than 0");
    }
    if (options.busy_poll < Duration::zero()) {
        add(complaints, "busy_poll: must not be negative");
    }
    return complaints.empty() ? Result<void>() : Error(Errc::invalid_argument, complaints);
}

}  // namespace sluice
