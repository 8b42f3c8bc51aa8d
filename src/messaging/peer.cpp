#include "messaging/peer.hpp"

#include <algorithm>
#include <utility>

#include "messaging/counts.hpp"

namespace sluice::messaging {
namespace {

net::EgressOptions egress_options(const net::LaneOptions& sending) {
    return {.policy = net::EgressPolicy::fail,
            .buffer_size_b = sending.referenced_b_max,
            .copy_below_b = std::min<std::size_t>(sending.copy_below_b, 65'536),
            .direct_writes = true};
}

}  // namespace

Peer::Peer(PeerId id, std::shared_ptr<const Framer> framer, const MessagingOptions& options,
           BufferPool& pool, Inbox* inbox, MessageHandler* handler, PeerOwner& owner,
           sync::Mutex& counts_mutex)
    : id_(id),
      owner_(owner),
      egress_(egress_options(options.sending), [this] { owner_.on_peer_work(id_); }),
      intake_(std::move(framer), options, pool, inbox, handler,
              [this] { owner_.on_peer_room(id_); }),
      counts_mutex_(counts_mutex) {
    egress_.connected();
}

Result<void> Peer::open(net::EventLoop& loop, sys::Descriptor socket) {
    intake_.begin_connection(id_);
    Result<std::unique_ptr<net::Stream>> opened =
        net::Stream::open(loop, std::move(socket), egress_, *this);
    if (!opened) {
        egress_.lost();
        egress_.stop();
        return opened.error();
    }
    stream_ = *std::move(opened);
    stream_->flush();
    return {};
}

void Peer::flush() {
    if (stream_) {
        stream_->flush();
    }
}

void Peer::go_on() {
    if (!stream_) {
        return;
    }
    const FrameIntake::Progress progress = intake_.pump();
    if (progress == FrameIntake::Progress::idle) {
        stream_->resume();
    }
    judge(progress);
}

void Peer::resume() {
    is_blocked_ = false;
    go_on();
}

void Peer::judge(FrameIntake::Progress progress) {
    publish_counts();
    if (progress == FrameIntake::Progress::blocked) {
        stream_->pause();
        if (!std::exchange(is_blocked_, true)) {
            owner_.on_peer_blocked(*this);
        }
    } else if (progress == FrameIntake::Progress::failed) {
        end(intake_.failure());
    }
}

void Peer::look_for_silence(SteadyTime now, Duration data_receive_timeout) {
    if (!stream_) {
        return;
    }
    const bool reads = !stream_->is_paused() && !stream_->is_starved();
    silent_since_ = reads ? std::max(silent_since_, stream_->last_receive_time()) : now;
    if (intake_.is_stuck(now)) {
        intake_.time_out();
        end(intake_.failure());
    } else if (data_receive_timeout > Duration::zero() &&
               now - silent_since_ >= data_receive_timeout) {
        end(Error(Errc::data_timeout));
    }
}

void Peer::end(const Error& reason) {
    if (const std::unique_ptr<net::Stream> ended = std::move(stream_)) {
        ended->close();
        moved_b_ = ended->moved_bytes();
        intake_.end_connection();
        publish_counts();
        if (reason.code() != Errc::stopped) {
            egress_.lost();
        }
        egress_.stop();
        owner_.on_peer_end(*this, reason);
    }
}

void Peer::finish() {
    intake_.drain();
    go_on();
    if (stream_) {
        stream_->finish_sending();
    }
}

MessageCounts Peer::counts() const {
    const sync::MutexLock lock(counts_mutex_);
    return counts_;
}

void Peer::publish_counts() {
    moved_b_ = stream_ ? stream_->moved_bytes() : moved_b_;
    const MessageCounts now = counts_of(intake_.ledger(), moved_b_);
    const sync::MutexLock lock(counts_mutex_);
    counts_ = now;
}

}  // namespace sluice::messaging
