/// Accepts connections on an event loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "sluice/core/address.hpp"
#include "sluice/core/result.hpp"
#include "sluice/net/event_loop.hpp"
#include "sluice/net/socket_options.hpp"
#include "sluice/sys/socket.hpp"

namespace sluice::net {

struct ListenerOptions {
    SocketOptions socket;
    /// Without it only addresses of this machine are taken: there is no TLS yet.
    bool allow_remote = false;
    int backlog = 128;
};

/// Listens and hands over each connection, its options set. When the process has no descriptors
/// left, the waiting connection is accepted on a spare one and closed at once, and counted, so that
/// the peer learns it and the loop does not spin. Loop thread only.
class Listener final {
  public:
    using AcceptFunction = std::function<void(sys::Accepted)>;

    /// Errors: `address_in_use`, `address_unavailable`, `permission_denied`, `no_interface`,
    /// `invalid_address` for a name (give a number) and for an address that is not of this machine
    /// while `allow_remote` is off.
    [[nodiscard]] static Result<std::unique_ptr<Listener>> open(EventLoop& loop,
                                                                const Address& address,
                                                                const ListenerOptions& options,
                                                                AcceptFunction on_accept);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// Where it listens, with the port that was chosen if 0 was asked for.
    [[nodiscard]] const SocketAddress& local_address() const noexcept;
    /// Connections closed at once because descriptors were used up. Any thread.
    [[nodiscard]] std::uint64_t refused() const noexcept;

  private:
    struct State;
    explicit Listener(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace sluice::net
