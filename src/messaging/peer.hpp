/// One connection of a MessageServer.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "messaging/frame_intake.hpp"
#include "sluice/net/stream.hpp"
#include "sluice/net/transmit_queue.hpp"
#include "sluice/sync/mutex.hpp"

namespace sluice::messaging {

class Peer;

/// Who owns peers. All calls on the loop's thread, except where stated.
class PeerOwner {
  public:
    /// The peer's egress has work. Any thread.
    virtual void on_peer_work(PeerId peer) = 0;
    /// The pool has memory for the peer's intake. Any thread; only signals.
    virtual void on_peer_room(PeerId peer) = 0;
    /// It does not read until `go_on`; not told again before `resume`.
    virtual void on_peer_blocked(Peer& peer) = 0;
    /// Its connection ended, and it is in one of its own functions: it must outlive the turn.
    virtual void on_peer_end(Peer& peer, const Error& reason) = 0;

  protected:
    ~PeerOwner() = default;
};

/// Joins a stream, an intake and a transmit queue. Made and used on the loop's thread; any thread
/// may push to `egress` while it holds a share of the peer.
class Peer final : net::StreamHandler {
  public:
    /// `counts_mutex` is for the counts of all peers of an owner: only one thread writes them.
    Peer(PeerId id, std::shared_ptr<const Framer> framer, const MessagingOptions& options,
         BufferPool& pool, Inbox* inbox, MessageHandler* handler, PeerOwner& owner,
         sync::Mutex& counts_mutex);

    /// Begins to receive, and to send what waits already. Errors: as of Stream::open; then all that
    /// was pushed is dropped.
    [[nodiscard]] Result<void> open(net::EventLoop& loop, sys::Descriptor socket);
    void flush();
    /// Takes up what was blocked.
    void go_on();
    /// The same, for whom `on_peer_blocked` told.
    void resume();
    /// Ends it for a frame that does not come, and for silence; a timeout of 0 is none.
    void look_for_silence(SteadyTime now, Duration data_receive_timeout);
    void end(const Error& reason);
    /// Sends what was pushed so far, then ends the sending direction; what arrives meanwhile and
    /// has no room is dropped, until the other side ends too.
    void finish();

    [[nodiscard]] PeerId id() const noexcept { return id_; }
    [[nodiscard]] net::TransmitQueue& egress() noexcept { return egress_; }
    /// As of the last packet. Any thread.
    [[nodiscard]] MessageCounts counts() const;

  private:
    void on_packet(net::Packet&& packet) override { judge(intake_.take(std::move(packet))); }
    net::ReceiveWish receive_wish() override { return intake_.wish(); }
    bool on_starved() override {
        intake_.starve();
        return false;
    }
    void on_end(const Error& reason) override { end(reason); }
    void judge(FrameIntake::Progress progress);
    void publish_counts();

    const PeerId id_;
    PeerOwner& owner_;
    net::TransmitQueue egress_;
    FrameIntake intake_;
    std::unique_ptr<net::Stream> stream_;
    SteadyTime silent_since_{};  // as far as it was read
    std::uint64_t moved_b_ = 0;
    bool is_blocked_ = false;  // and the owner knows

    sync::Mutex& counts_mutex_;
    MessageCounts counts_ SLUICE_GUARDED_BY(counts_mutex_);
};

}  // namespace sluice::messaging
