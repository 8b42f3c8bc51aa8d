/// The reconnecting connection to one device.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/core/address.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/net/event_loop.hpp"
#include "sluice/net/packet.hpp"
#include "sluice/net/socket_options.hpp"
#include "sluice/net/transmit_queue.hpp"

namespace sluice::net {

/// How to reach a device and when to give a connection up. Durations of 0 mean "off" only where
/// that is said.
struct LinkOptions {
    /// The device. A name is resolved again at every attempt, and all its addresses are tried.
    Address address;
    /// Leave from this address of the machine, to choose an interface.
    std::optional<Address> local_address;
    /// Whether a name may resolve to this machine itself.
    bool allow_local = true;

    SocketOptions socket;
    EgressOptions egress;

    /// One attempt, name resolution and all addresses together.
    Duration connect_timeout = std::chrono::seconds(5);
    /// Try again after every end and every failed attempt, for ever, from the first one on.
    bool reconnect = true;
    /// The delay before an attempt is uniform in [d/2, d]; d begins here, doubles with every
    /// attempt
    Duration reconnect_initial = std::chrono::milliseconds(100);
    /// up to here,
    Duration reconnect_max = std::chrono::seconds(5);
    /// and begins anew once a connection was up for this long. Received bytes prove nothing: a
    /// device that greets and closes would be dialed a thousand times a minute.
    Duration healthy_after = std::chrono::seconds(5);

    /// Reconnect when nothing arrived for this long, counted from the connect or the last byte,
    /// while the link wants to read; 0 = off.
    Duration data_receive_timeout{};
    /// Reconnect when a living peer took nothing for this long although data waits; 0 = off.
    Duration send_stall_timeout{};

    /// Written at every connect before anything else; the link is up when the kernel has it.
    std::vector<std::byte> on_connect;
};

/// Checks every field, and those that must hold together. The detail names field, value and range.
[[nodiscard]] Result<void> validate(const LinkOptions& options);

enum class LinkState : std::uint8_t {
    idle,        ///< Not started.
    resolving,   ///< Asking for the addresses of the name.
    connecting,  ///< Waiting for one of them to answer, or for `on_connect` to be written.
    up,          ///< Connected.
    waiting,     ///< Between two attempts.
    stopped,     ///< For good: `stop()`, or an end without `reconnect`.
};

/// The enumerator's own name: statistics and logs show it.
[[nodiscard]] std::string_view name(LinkState state) noexcept;

/// A change of state.
struct LinkStatus {
    LinkState state = LinkState::idle;
    /// Why: of an end or a failed attempt (`waiting`, `stopped`). Empty on the way up.
    std::optional<Error> reason;
    std::uint64_t connection = 0;  ///< Counts the connections of this link from 1; 0 = none yet.
    std::optional<SocketAddress> peer;  ///< While connecting and up: who.
    Duration retry_after{};             ///< In `waiting`: until the next attempt.
};

struct LinkStatistics {
    LinkState state = LinkState::idle;
    std::optional<Error> last_error;
    std::uint64_t connection = 0;
    std::uint64_t attempts = 0;  ///< Begun, successful or not.
    std::uint64_t connects = 0;  ///< Successful ones: each ends in `disconnects`, or is up.
    std::array<std::uint64_t, errc_count> disconnects{};      ///< Ends of connections, by Errc.
    std::array<std::uint64_t, errc_count> failed_attempts{};  ///< By Errc.
    std::uint64_t received_bytes = 0;
    std::uint64_t received_packets = 0;
    std::uint64_t largest_packet_bytes = 0;
    /// Of the received bytes, what was copied to stand in front of what came next (ReceiveWish).
    std::uint64_t moved_bytes = 0;
    /// What of the loop's pool the packets of all connections of this link keep from others now:
    /// whole slabs, as long as a slice of them is held anywhere, and copied blocks.
    std::size_t held_bytes = 0;
    EgressLedger egress;
    /// Of the present or the last connection; the kernel's buffers, which may grow by themselves,
    EffectiveSocketOptions socket;
    /// and this are as of the last look, once a second while up. Not on a Unix socket.
    sys::TcpInfo tcp;
};

/// What a Link tells. Called on the loop's thread. A call may pause, resume, stop and send, but not
/// destroy the link. No call begins after `stop()` has returned.
class LinkHandler {
  public:
    virtual void on_packet(Packet&& packet) = 0;
    /// Where the handler needs its bytes: asked before each receive, and after a packet when the
    /// loop has several connections. Calls nothing of the link.
    virtual ReceiveWish receive_wish() { return {}; }
    /// The link is about to wait, not reading: the loop's pool is dry or the link's share is used
    /// up. Drop Buffers here (publish what you gather) and answer true, and it tries again at once;
    /// it asks again as long as that is not enough and each time something came back to the pool.
    /// After a wait that brought too little it asks anew. False: it waits until memory comes back.
    virtual bool on_starved() { return false; }
    /// Reading is about to go on after a pause; pausing here keeps it from that.
    virtual void on_resumed() {}
    virtual void on_state(const LinkStatus& status) = 0;

  protected:
    ~LinkHandler() = default;
};

/// Stays connected: resolves, connects, sets the options, writes `on_connect`, receives and sends,
/// notices dead and silent peers, and begins again after a growing, random delay. Its objects all
/// live on one loop; there are no threads of its own.
class Link final {
  public:
    /// `loop` and `handler` must outlive the link. Any thread. REQUIRES: validate(options).
    Link(EventLoop& loop, LinkOptions options, LinkHandler& handler);
    /// Stops it if need be: any thread from which `stop()` is allowed to wait.
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    /// Begins the first attempt, at the loop's next turn. Any thread; once.
    void start();
    /// Closes the connection, abandons an attempt, drops what is queued as `stopped`. When it
    /// returns, no callback is running and none will begin; inside a callback of this link it only
    /// requests that. Takes no longer than the callback that runs now. Any thread, but from a
    /// thread that does not turn the loop it waits for the one that does.
    void stop();

    /// Stops reading until `resume()`: the data timer rests too, TCP slows the device. Inside a
    /// callback no packet follows; from another thread, soon. The last call of the two counts; what
    /// was done before a `resume()` that a `pause()` overrules is seen after that. Any thread.
    void pause();
    void resume();
    /// Ends the present connection for a reason of the caller's (`bad_frame`), as if the peer had
    /// ended it: the link goes on as after any other end. Inside a callback no packet follows, and
    /// it ends when the callback has returned. Loop thread only; nothing if there is no connection.
    void disconnect(const Error& reason);
    /// Ends the sending direction once everything queued was sent, on this connection and on every
    /// later one. Any thread.
    void finish_sending();

    /// The way out: push messages here, from any thread (`push` waits: not from the loop's thread).
    [[nodiscard]] TransmitQueue& egress() noexcept;

    /// One consistent look. Any thread.
    [[nodiscard]] LinkStatistics statistics() const;

  private:
    struct State;
    std::shared_ptr<State> state_;  // shared with what is posted to the loop
};

}  // namespace sluice::net
