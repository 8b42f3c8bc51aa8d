#include "sluice/net/transmit_lane.hpp"

#include <bit>
#include <limits>
#include <string>
#include <utility>

#include "sluice/core/check.hpp"

namespace sluice::net {
namespace {

/// Appends "KEY VALUE; allowed are ..." for a value that is no power of two in the range.
void judge(std::string& complaints, const char* key, std::size_t given, std::size_t least,
           std::size_t most) {
    if (std::has_single_bit(given) && given >= least && given <= most) {
        return;
    }
    complaints += (complaints.empty() ? "" : "; ") + std::string(key) + " " +
                  std::to_string(given) + "; allowed are powers of two from " +
                  std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace

Result<void> validate(const LaneOptions& options) {
    std::string complaints;
    judge(complaints, "arena_b", options.arena_b, 4096, std::size_t{64} * 1024 * 1024);
    judge(complaints, "messages_max", options.messages_max, 16, std::size_t{1} << 20U);
    judge(complaints, "references_max", options.references_max, 1, 65'536);
    if (options.referenced_b_max == 0 || options.referenced_b_max > (std::size_t{1} << 30U)) {
        complaints += (complaints.empty() ? "" : "; ") + std::string("referenced_b_max ") +
                      std::to_string(options.referenced_b_max) + "; allowed are 1 to 1073741824";
    }
    if (options.copy_below_b > options.arena_b) {
        complaints += (complaints.empty() ? "" : "; ") + std::string("copy_below_b ") +
                      std::to_string(options.copy_below_b) + "; allowed are 0 to arena_b (" +
                      std::to_string(options.arena_b) + ")";
    }
    return complaints.empty() ? Result<void>() : Error(Errc::invalid_argument, complaints);
}

TransmitLane::TransmitLane(const LaneOptions& options,
                           std::function<void(TransmitLane&)> on_attention)
    : options_(options),
      arena_mask_(options.arena_b - 1),
      messages_mask_(options.messages_max - 1),
      references_mask_(options.references_max - 1),
      arena_(std::make_unique_for_overwrite<std::byte[]>(options.arena_b)),
      sizes_(std::make_unique_for_overwrite<std::uint32_t[]>(options.messages_max)),
      references_(std::make_unique<Reference[]>(options.references_max)),
      on_attention_(std::move(on_attention)) {
    SLUICE_CHECK(validate(options), "the options of a lane must be valid");
}

TransmitLane::~TransmitLane() = default;

bool TransmitLane::make_room(std::size_t bytes) noexcept {
    const std::uint64_t arena_used = own_.arena_tail - arena_head_.load(std::memory_order_acquire);
    const std::uint64_t messages_used =
        own_.messages_tail - messages_head_.load(std::memory_order_acquire);
    own_.room_b = arena_mask_ + 1 - arena_used;
    own_.room_messages = messages_mask_ + 1 - messages_used;
    return bytes <= own_.room_b && own_.room_messages > 0 && !is_refusing();
}

void TransmitLane::copy_around(std::size_t at, std::span<const std::byte> bytes) noexcept {
    const std::size_t first = std::min(bytes.size(), arena_mask_ + 1 - at);
    std::copy_n(bytes.data(), first, arena_.get() + at);
    std::copy_n(bytes.data() + first, bytes.size() - first, arena_.get());
}

void TransmitLane::append(std::span<const std::byte> bytes) noexcept {
    copy_around(own_.arena_tail & arena_mask_, bytes);
    own_.arena_tail += bytes.size();
    own_.room_b -= bytes.size();
}

Result<void> TransmitLane::obstacle(std::size_t copied_b, std::size_t references,
                                    std::size_t referenced_b) {
    const std::uint8_t attention = attention_.load(std::memory_order_relaxed);
    if ((attention & stopped) != 0) {
        return Error(Errc::stopped);
    }
    if (copied_b + referenced_b == 0) {
        return Error(Errc::invalid_argument, "a message of no bytes; allowed is at least one");
    }
    if (copied_b > options_.arena_b || references > options_.references_max ||
        referenced_b > std::numeric_limits<std::uint32_t>::max() - copied_b) {
        return Error(Errc::too_large);
    }
    if ((attention & not_connected) != 0) {
        return Error(Errc::not_connected);
    }
    const std::uint64_t waiting_b =
        own_.referenced_b - referenced_head_b_.load(std::memory_order_acquire);
    const std::uint64_t waiting =
        own_.references_tail - references_head_.load(std::memory_order_acquire);
    const bool has_bytes = referenced_b == 0 || waiting_b == 0 ||
                           (waiting_b < options_.referenced_b_max &&
                            referenced_b <= options_.referenced_b_max - waiting_b);
    if (!make_room(copied_b) || !has_bytes || references > options_.references_max - waiting) {
        return Error(Errc::would_block);
    }
    return {};
}

Result<void> TransmitLane::try_push(const OutgoingMessage& message) {
    const auto& [before, body, fragments, after] = message;
    std::size_t copied_b = before.size() + body.size() + after.size();
    std::size_t references = 0;
    std::size_t referenced_b = 0;
    for (const Buffer& fragment : fragments) {
        (is_copied(fragment) ? copied_b : referenced_b) += fragment.size();
        references += is_copied(fragment) ? 0U : 1U;
    }
    if (Result<void> possible = obstacle(copied_b, references, referenced_b); !possible) {
        return possible;
    }
    append(before);
    append(body);
    std::uint64_t at = own_.stream_tail + before.size() + body.size();
    for (Buffer& fragment : fragments) {
        const std::size_t size = fragment.size();
        if (is_copied(fragment)) {
            append(fragment.bytes());
        } else {
            Reference& reference = references_[own_.references_tail++ & references_mask_];
            reference.begin = at;
            reference.buffer = std::move(fragment);
        }
        at += size;
    }
    append(after);
    own_.referenced_b += referenced_b;
    references_end_.store(own_.references_tail, std::memory_order_release);
    commit(copied_b + referenced_b);
    // Only now: whoever gets a fragment back may push the next message.
    for (Buffer& fragment : fragments) {
        fragment.reset();
    }
    return {};
}

Result<void> TransmitLane::push(const OutgoingMessage& message, SteadyTime deadline) {
    // Not announced as a waiter yet: it may write the message itself, and would wake itself.
    Result<void> pushed = try_push(message);
    while (!pushed && pushed.error().code() == Errc::would_block) {
        const sync::Parker::Ticket ticket = room_.prepare();
        pushed = try_push(message);
        if (pushed || pushed.error().code() != Errc::would_block) {
            room_.cancel();
        } else if (!room_.park(ticket, deadline)) {
            return Error(Errc::timed_out);
        }
    }
    return pushed;
}

}  // namespace sluice::net
