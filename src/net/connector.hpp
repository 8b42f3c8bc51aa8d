/// One attempt to get a connection: resolve, try every address, set options, say `on_connect`.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "net/event_loop_state.hpp"
#include "sluice/net/link.hpp"
#include "sluice/net/timer.hpp"
#include "sluice/sys/resolver.hpp"
#include "sluice/sys/socket.hpp"

namespace sluice::net {

/// What a Connector tells, on the loop's thread. The last call of an attempt is one of the two
/// last.
class ConnectorHandler {
  public:
    virtual void on_connecting(const SocketAddress& peer) = 0;
    virtual void on_connected(sys::Descriptor socket, const SocketAddress& peer) = 0;
    virtual void on_failed(const Error& reason) = 0;

  protected:
    ~ConnectorHandler() = default;
};

/// Loop thread only. One attempt at a time.
class Connector final : LoopHandler {
  public:
    Connector(EventLoop& loop, const LinkOptions& options, ConnectorHandler& handler);
    ~Connector() override;
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;

    /// Begins an attempt. Nothing is told before it returns.
    void begin();
    /// Abandons it; nothing more is told.
    void cancel() noexcept;

  private:
    struct Mailbox;
    enum class Step : std::uint8_t { idle, resolving, connecting, greeting };

    void on_ready(const sys::Readiness& readiness) override;
    void on_signal() override;

    void find_addresses();
    void take_addresses(std::vector<SocketAddress> addresses);
    void try_next();
    [[nodiscard]] Result<void> try_address(const SocketAddress& peer);
    [[nodiscard]] Result<void> bind_local(const sys::Descriptor& socket,
                                          SocketAddress::Family family);
    void on_decided();
    void greet();
    void on_timeout();
    void give_up_address(Error reason);
    void drop_socket() noexcept;
    void fail(const Error& reason);

    EventLoop& loop_;
    const LinkOptions& options_;
    ConnectorHandler& handler_;

    Step step_ = Step::idle;
    Timer timer_;
    SteadyTime deadline_ = never;  // of the whole attempt
    sys::ResolveRequest request_;
    std::shared_ptr<Mailbox> mailbox_;  // where the resolver's thread leaves its answer
    std::vector<SocketAddress> addresses_;
    std::size_t next_ = 0;  // the address to try next
    std::optional<Error> last_error_;
    sys::Descriptor socket_;
    std::uint64_t token_ = 0;
    std::size_t greeted_bytes_ = 0;  // of on_connect
};

}  // namespace sluice::net
