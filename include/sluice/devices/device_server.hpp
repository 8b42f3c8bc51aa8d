/// A simulated device that serves TCP clients.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "sluice/core/address.hpp"
#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/framing/framing.hpp"
#include "sluice/net/event_loop.hpp"
#include "sluice/net/socket_options.hpp"

namespace sluice::devices {

enum class DeviceKind : std::uint8_t {
    nmea,     ///< NmeaGenerator; a message is the burst of one epoch.
    lidar,    ///< LidarGenerator; a message is a packet, and they come in bursts of 8.
    counter,  ///< CounterGenerator; a message is a record.
};
/// The enumerator's own name, as on the command line.
[[nodiscard]] std::string_view name(DeviceKind kind) noexcept;
/// 10, 754 and 1,000 messages per second.
[[nodiscard]] double default_rate_hz(DeviceKind kind) noexcept;

struct DeviceOptions {
    DeviceKind kind = DeviceKind::counter;
    /// Where it listens; numeric, or a Unix socket. Port 0: any free one.
    Address address{};
    /// Messages per second, 0.001 to 1,000,000; 0 = as fast as each client takes them, not for
    /// nmea. Empty: default_rate_hz.
    std::optional<double> rate_hz{};
    /// Each record in a frame: each NMEA sentence (without its CRLF), lidar packet, counter record.
    /// Not with rate 0 where the framing escapes bytes. Empty: as the device sends them.
    std::optional<Framing> framing{};
    /// Connections at a time, 1 to 1,024; one more is closed at once.
    std::size_t clients_max = 16;
    /// The device is done after so many messages; 0 = never. With a rate, those count that were
    /// made for somebody.
    std::uint64_t count = 0;
    /// A connection is ended after so many messages were made for it; 0 = never.
    std::uint64_t disconnect_every = 0;
    /// Without it only addresses of this machine are taken.
    bool allow_remote = false;
    net::SocketOptions socket{};
    /// The time that an nmea device shows first.
    SystemTime start_time{};
};

/// Checks every field; the detail says what was given and what is allowed.
[[nodiscard]] Result<void> validate(const DeviceOptions& options);

/// What went to one client, or to all.
struct DeviceTraffic {
    std::uint64_t messages = 0;        ///< Whole ones that the kernel took.
    std::uint64_t bytes = 0;           ///< That the kernel took.
    std::uint64_t lost_messages = 0;   ///< Made for a client, but not sent: no room, or it left.
    std::uint64_t received_bytes = 0;  ///< From clients; a device drops them.
};

struct DeviceStatistics {
    DeviceTraffic traffic;      ///< Of all connections, past and present.
    std::uint64_t clients = 0;  ///< Connections that were served so far.
    std::size_t clients_now = 0;
    std::uint64_t refused_clients = 0;  ///< Closed at once: there were clients_max already.
};

/// One connection, when it comes and when it goes.
struct DeviceClient {
    std::uint64_t connection = 0;  ///< Counts from 1.
    SocketAddress peer;
    DeviceTraffic traffic;
};

/// What a DeviceServer tells, on the loop's thread. A call may stop the server, but not destroy it.
class DeviceHandler {
  public:
    virtual void on_client(const DeviceClient& client) = 0;
    /// `peer_closed` is the orderly end; `stopped`: the server ended it, because it was stopped or
    /// because the client did not take the rest after its last message.
    virtual void on_client_gone(const DeviceClient& client, const Error& reason) = 0;
    virtual void on_client_refused(const SocketAddress& peer) = 0;
    /// `count` messages were made, and the last client is gone. Called once.
    virtual void on_done() = 0;

  protected:
    ~DeviceHandler() = default;
};

/// Serves one device on an event loop. Its messages are numbered from 0 on, over all connections.
///
/// With a rate it is live: it begins with its first client and then goes on, whether or not
/// somebody is there. All clients get the same messages; one that does not read loses whole ones.
/// The schedule does not drift; after an interruption of more than a second it begins anew.
///
/// With rate 0 each client gets every message from where the device stands when it connects, as
/// fast as it reads; nothing is lost but what was on its way when a connection broke. The device
/// then stands behind the highest number that any client was sent.
///
/// Memory for a client: with a rate a queue of 256 KiB; with rate 0 two slabs of 256 KiB.
/// Loop thread only.
class DeviceServer final {
  public:
    /// Begins to listen. `loop` and `handler` must outlive the server. Errors: those of `validate`
    /// and of net::Listener::open.
    [[nodiscard]] static Result<std::unique_ptr<DeviceServer>> open(net::EventLoop& loop,
                                                                    const DeviceOptions& options,
                                                                    DeviceHandler& handler);
    ~DeviceServer();
    DeviceServer(const DeviceServer&) = delete;
    DeviceServer& operator=(const DeviceServer&) = delete;

    /// Where it listens, with the port that was chosen if 0 was asked for.
    [[nodiscard]] const SocketAddress& local_address() const noexcept;
    [[nodiscard]] DeviceStatistics statistics() const;

    /// Closes every connection, and listens no more. Its clients are told of as gone.
    void stop();

  private:
    class State;
    explicit DeviceServer(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace sluice::devices
