/// Sockets of the simulated world: TCP in outline. Private to sim/.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "sluice/core/address.hpp"
#include "sluice/core/time.hpp"
#include "sluice/sys/socket.hpp"

namespace sluice::sim {

/// When, and in which order at one time.
using EventId = std::pair<SteadyTime, std::uint64_t>;

/// One direction of a connection: one buffer with marks, counted in bytes since the connect.
///
///     read <= arrived <= edge        arrived <= due <= written, except that a reset cuts `written`
///
/// [read, arrived) waits for the reader; [arrived, written) is with the sender, of which everything
/// below `due` has been on its way long enough and everything below `edge` fits the window.
struct Direction {
    std::deque<char> bytes;  // [read, written)
    std::uint64_t read = 0;
    std::uint64_t arrived = 0;
    std::uint64_t due = 0;
    std::uint64_t written = 0;
    std::uint64_t edge = 0;  // as the sender knows it: moves when the reader's news reach it
    std::size_t window = 0;  // what the reader's kernel holds
    SteadyTime last_due{};   // nothing overtakes
    // Of all that waits: Linux joins segments in its queue, where the newer stamp wins.
    SystemTime last_arrival{};
    bool cut = false;
    bool news_under_way = false;  // a window update
    bool fin_sent = false;
    bool fin_due = false;
    bool fin_arrived = false;
    bool reset_due = false;

    [[nodiscard]] std::size_t readable() const { return arrived - read; }
    [[nodiscard]] std::size_t unacknowledged() const { return written - arrived; }
};

/// The kernel's timers of a connection: only one of them runs at a time, as in Linux.
struct Watch {
    enum class Kind : std::uint8_t { none, retransmit, window_probe, keepalive };
    Kind kind = Kind::none;
    SteadyTime since{};  // when this kind of waiting began; progress begins it anew
    SteadyTime fired{};
    std::uint64_t progress = 0;
    unsigned tries = 0;
    std::optional<EventId> event;
};

/// A socket, of the program or of a device.
struct End {
    enum class Phase : std::uint8_t { fresh, listening, connecting, connected, ended };
    enum class Owner : std::uint8_t { program, device };

    End(std::uint64_t number, Owner belongs_to, SocketAddress::Family family);

    // Connecting (connect.cpp). The errno, or 0 when it is under way or, on a Unix socket, done.
    [[nodiscard]] int connect(const SocketAddress& address);

    // Moving bytes (end.cpp).
    void establish();
    void append(const char* bytes, std::size_t size);
    void transmit();
    std::size_t take(char* target, std::size_t size_max);
    void finish();
    void reset();
    void close();
    /// Lets arrive what is due and fits, hands it to a device that reads, then FIN and RST.
    void pump();
    /// Tells the sender of the window that reading opened, if that matters to it.
    void announce_window();
    /// Moves what a device may read to `received`.
    bool drain(std::size_t size_max);

    // Timers (watch.cpp).
    void update_watch();

    [[nodiscard]] int& option(sys::SocketOption which) {
        return options[static_cast<std::size_t>(which)];
    }
    [[nodiscard]] Duration user_timeout() {
        return std::chrono::milliseconds(option(sys::SocketOption::user_timeout_ms));
    }
    [[nodiscard]] std::size_t send_room() const;
    [[nodiscard]] bool is_over() const {
        return phase == Phase::ended || (send_ended && in.fin_arrived);
    }
    [[nodiscard]] bool is_readable() const;
    [[nodiscard]] bool is_writable() const;
    /// EPOLLERR or EPOLLHUP.
    [[nodiscard]] bool is_broken() const {
        return error != 0 || phase == Phase::fresh || is_over();
    }

    const std::uint64_t id;  // for the trace
    const Owner owner;
    Phase phase = Phase::fresh;
    bool open = true;  // the owner has not closed it
    bool bound = false;
    bool send_ended = false;
    int error = 0;  // SO_ERROR
    SocketAddress local;
    SocketAddress remote;
    std::array<int, 10> options{};
    End* other = nullptr;
    Direction in;
    std::size_t send_buffer = std::numeric_limits<std::size_t>::max();

    SteadyTime last_data{};
    SteadyTime last_ack{};
    unsigned probes = 0;
    std::uint32_t retransmits = 0;
    Watch watch;

    // Of a listening socket.
    std::deque<End*> waiting;
    std::size_t backlog = 0;

    // Of the program, for Faults::would_block_first.
    bool receive_refused = false;
    bool send_refused = false;

    // Of a device.
    bool reading = true;
    bool saw_reset = false;
    std::string received;
    std::function<void()> on_receive;

  private:
    void accept_reset();
    void answer(const SocketAddress& address);
    void connect_to_device(const SocketAddress& address);
    void fail_connect(int error_number);
    void link(End& server);
    void fire_watch();
    void fire_keepalive();
    /// Asks the other side for a sign of life; unless the line is cut it answers at once.
    void probe();
    void die();
};

}  // namespace sluice::sim
