#include "stages/client_framing.hpp"

#include <algorithm>
#include <utility>

#include "sluice/core/log.hpp"

namespace sluice {

using Outcome = FramePublisher::Outcome;

ClientFraming::ClientFraming(net::EventLoop& loop, net::Link& link,
                             const Publisher<FrameGroup>& frames, const Options& options,
                             std::function<void()> on_timeout)
    : loop_(loop),
      link_(link),
      stage_(options.stage),
      frames_(options.stage, frames, options.framing, loop.receive_pool()),
      timeout_(options.frame_timeout),
      on_timeout_(std::move(on_timeout)),
      timer_(loop, [this] { on_timer(); }) {}

void ClientFraming::begin_connection(std::uint64_t connection, const std::string& peer) {
    frames_.begin_stream({.connection = connection, .peer = peer});
    reading_since_ = loop_.now();
    is_connected_ = true;
    is_whole_ = true;
    is_paused_ = false;
    is_starved_ = false;
}

void ClientFraming::end_connection(bool is_stop, const std::function<bool()>& relieve) {
    if (!std::exchange(is_connected_, false)) {
        return;
    }
    cancel_wait();
    timer_.disarm();
    Outcome outcome = frames_.end_stream(is_stop);
    while (outcome == Outcome::no_memory && relieve()) {
        outcome = frames_.end_stream(is_stop);
    }
    if (outcome == Outcome::no_memory) {
        log(LogLevel::warning, "frames_lost",
            {{"stage", stage_}, {"bytes", frames_.statistics().buffered}});
    }
}

net::ReceiveWish ClientFraming::wish() {
    if (!is_connected_ || !is_whole_) {
        return {};  // it is not read on before that is done
    }
    FrameDecoder& decoder = frames_.decoder();
    const Framer& framer = decoder.framer();
    Buffer& tail = decoder.tail();
    const std::size_t half_slab_b = loop_.receive_pool().slab_capacity() / 2;
    net::ReceiveWish wish{.tail = &tail,
                          .need_b = decoder.need_b(),
                          .is_final = decoder.is_length_known(),
                          .limit_b = 0};
    if (!wish.is_final && wish.need_b > half_slab_b && tail.size() > framer.frame_b_max() / 2) {
        wish.need_b = std::max(wish.need_b, framer.frame_b_max());  // it can get no longer
        wish.is_final = true;
    }
    if (frames_.last_frame_b() > half_slab_b && tail.size() < framer.header_b()) {
        wish.limit_b = framer.header_b() - tail.size();  // the next is large too, as it seems
    }
    return wish;
}

void ClientFraming::take(net::Packet& packet) {
    is_paused_ = false;
    is_starved_ = false;
    const TcpPacket times{.data = {},
                          .receive_time = packet.receive_time,
                          .receive_time_steady = packet.receive_time_steady,
                          .kernel_time = packet.kernel_time};
    const std::size_t carried_b = std::exchange(packet.carried_b, 0);
    Buffer received = packet.data.slice(carried_b, packet.data.size() - carried_b);
    frames_.push(std::exchange(packet.data, std::move(received)), carried_b, times);
    is_whole_ = false;
}

Outcome ClientFraming::publish(const std::function<bool()>& find_credit) {
    if (!is_connected_ || is_whole_) {
        return Outcome::need_bytes;
    }
    cancel_wait();
    const Outcome outcome = frames_.publish(find_credit);
    is_whole_ = outcome == Outcome::need_bytes;
    if (is_whole_) {
        watch_time();
    }
    return outcome;
}

void ClientFraming::wait_for_memory() {
    link_.pause();
    on_paused();
    is_waiting_ = true;
    loop_.receive_pool().wait_for_memory(*this, frames_.memory_wish_b());
}

void ClientFraming::cancel_wait() {
    if (std::exchange(is_waiting_, false)) {
        loop_.receive_pool().cancel_wait(*this);
    }
}

void ClientFraming::on_resumed() {
    if (std::exchange(is_paused_, false)) {
        reading_since_ = loop_.now();
    }
}

SteadyTime ClientFraming::deadline() const {
    const SteadyTime begin = frames_.frame_begin();
    return begin == never ? never : saturating_add(std::max(begin, reading_since_), timeout_);
}

/// The timer is lazy: a frame moves it not, it looks when it is due.
void ClientFraming::watch_time() {
    if (frames_.frame_begin() != never && !timer_.is_armed()) {
        timer_.arm(deadline());
    }
}

void ClientFraming::on_timer() {
    if (is_paused_ || is_starved_) {
        // Nobody tells when memory came back but the device had nothing to say.
        const BufferPoolStatistics pool = loop_.receive_pool().statistics();
        is_starved_ =
            is_starved_ && pool.size_b - pool.used_b < loop_.receive_pool().slab_capacity();
        reading_since_ = loop_.now();
    }
    if (deadline() > loop_.now()) {
        watch_time();
        return;
    }
    frames_.fail(FrameFault::timeout);
    is_whole_ = false;
    on_timeout_();
}

}  // namespace sluice
