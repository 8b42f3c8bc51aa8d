#include "net/receive_place.hpp"

#include <algorithm>

namespace sluice::net {
namespace {

/// Below this a receive is copied while the loop has several connections: a few small packets,
/// each kept by somebody, would otherwise keep a slab each.
constexpr std::size_t copy_below_bytes = 4096;

/// From here on a message that the end of a slab cuts costs more to copy than a shorter receive.
constexpr std::size_t long_message_bytes = std::size_t{8} * 1024;

}  // namespace

bool ReceivePlace::is_under_way(const ReceiveWish& wish) const {
    return wish.tail != nullptr && !wish.tail->empty() &&
           (block_.continues(*wish.tail, wish.need_b) ||
            (is_large(wish) && wish.tail->kept_b() > loop_.pool.slab_capacity() * 2));
}

Result<std::span<std::byte>> ReceivePlace::find(const ReceiveWish& wish) {
    Buffer none;
    Buffer& tail = wish.tail != nullptr ? *wish.tail : none;
    const std::byte* const stood_at = tail.data();
    carried_b_ = tail.size();
    wanted_b_ = loop_.pool.slab_capacity();
    Result<std::span<std::byte>> room = behind(tail, wish);
    moved_bytes_ += tail.data() != stood_at ? carried_b_ : 0;
    if (room && wish.limit_b != 0) {
        room = room->first(std::min(room->size(), wish.limit_b));
    }
    return room;
}

Result<std::span<std::byte>> ReceivePlace::behind(Buffer& tail, const ReceiveWish& wish) {
    ReceiveBuffer& slab = loop_.receive_buffer;
    if (is_large(wish)) {
        return in_block(tail, wish);
    }
    if (loop_.streams > 1 && tail.size() >= copy_below_bytes &&
        !slab.continues(tail, wish.need_b)) {
        // Others receive in between. In the slab it would be copied again each time that they do.
        if (Result<std::span<std::byte>> room = in_block(tail, wish)) {
            return room;
        }
    }
    block_.release();
    Result<std::span<std::byte>> room = slab.writable(account_, tail, wish.need_b);
    if (room) {
        room = end_with_message(*room, wish);
    }
    return room;
}

std::span<std::byte> ReceivePlace::end_with_message(std::span<std::byte> room,
                                                    const ReceiveWish& wish) {
    if (wish.is_final && wish.need_b >= long_message_bytes) {
        usual_message_b_ = wish.need_b;
    }
    // What is cut off is at most a message; copying as much at the end of the slab costs more.
    const std::size_t tail_b = carried_b_;
    const std::size_t whole_b =
        usual_message_b_ > 0 ? (tail_b + room.size()) / usual_message_b_ * usual_message_b_ : 0;
    const std::size_t wished_b = std::max(wish.need_b, whole_b);
    return whole_b > tail_b ? room.first(wished_b - tail_b) : room;
}

Result<std::span<std::byte>> ReceivePlace::in_block(Buffer& tail, const ReceiveWish& wish) {
    if (!block_.continues(tail, wish.need_b)) {
        block_.release();
        Result<ReceiveBlock> opened = open_block(tail, wish);
        if (!opened) {
            return opened.error();
        }
        block_ = *std::move(opened);
    }
    return block_.writable();
}

Result<ReceiveBlock> ReceivePlace::open_block(Buffer& tail, const ReceiveWish& wish) {
    const auto open = [&](std::size_t size_b) {
        wanted_b_ = std::max(size_b, loop_.pool.slab_capacity());
        return ReceiveBlock::open(loop_.pool, size_b, tail, account_);
    };
    if (wish.is_final) {
        return open(wish.need_b);
    }
    Result<ReceiveBlock> opened = open(std::max(wish.need_b, 2 * tail.size()));
    if (!opened && opened.error().code() == Errc::too_large) {
        opened = open(wish.need_b);
    }
    if (opened) {
        opened->use_whole();
    }
    return opened;
}

Buffer ReceivePlace::take(std::size_t bytes) {
    if (has_block()) {
        Buffer taken = block_.take(bytes, carried_b_);
        if (!has_block()) {
            block_.release();
        }
        return taken;
    }
    const bool copy = loop_.streams > 1 && carried_b_ + bytes < copy_below_bytes;
    return copy ? loop_.receive_buffer.take_copy(bytes, account_, carried_b_)
                : loop_.receive_buffer.take(bytes, account_, carried_b_);
}

void ReceivePlace::park(const ReceiveWish& wish) {
    Buffer* const tail = wish.tail;
    const bool is_short = tail != nullptr && tail->size() < copy_below_bytes;
    if (tail == nullptr || tail->empty() || (is_short && !is_large(wish))) {
        block_.release();
    }
    if (!is_short || tail->empty() || tail->kept_b() < loop_.pool.slab_capacity() ||
        block_.continues(*tail, wish.need_b)) {
        return;
    }
    if (loop_.receive_buffer.move_out(*tail, account_)) {
        moved_bytes_ += tail->size();
    }
}

}  // namespace sluice::net
