/// The simulated world: what a test scripts while the program under test runs on the other
/// definition of the seam.
///
///     sim::World world({.seed = 7});
///     world.script(device, {.on_connect = [](sim::Peer peer) { peer.send("hello"); }});
///     world.after(3s, [&] { world.peer(device).reset(); });
///     ... run the program's event loop; `sys::Poller::wait` lets the world go on ...
///     EXPECT_EQ(world.peer(device).received(), "...");
///
/// One thread, no real time, no real network: the clock moves only when the program waits (or in
/// `run_for`), from event to event. A seed gives one history, which `trace_hash` sums up.
///
/// The network is TCP in outline: bytes arrive whole, in order and after a delay; what arrives is
/// acknowledged at that moment. Errors, hang-ups, windows, keepalive, TCP_USER_TIMEOUT and SO_ERROR
/// follow Linux. There is no congestion, no loss short of silence, and no IP below it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/core/address.hpp"
#include "sluice/core/time.hpp"
#include "sluice/sys/resolver.hpp"
#include "sluice/sys/socket.hpp"

namespace sluice::sim {

struct State;
struct End;

struct WorldOptions {
    std::uint64_t seed = 1;
    SteadyTime steady_start{std::chrono::hours(1)};
    SystemTime system_start{std::chrono::seconds(1'700'000'000)};
    /// Addresses of this machine besides loopback (ports do not count); the first of a family is
    /// where its connections leave from. 192.0.2.1 and 2001:db8::1 unless given.
    std::vector<SocketAddress> local_addresses{};
    /// Every event and call, a line each, on standard error: for the replay of a failing seed.
    bool print_trace = false;
    /// A program that needs more events than this is taken to go round in circles.
    std::uint64_t events_max = 2'000'000;
    /// The same for waits that return at once while the clock stands still.
    std::uint64_t waits_without_time_max = 100'000;
};

/// How the network behaves. May be changed at any time.
struct Network {
    Duration delay = std::chrono::microseconds(100);  ///< One way.
    Duration jitter{};  ///< Uniform in [0, jitter] on top; order is kept.
    /// What the device takes of unread bytes; of a connection that is made later.
    std::size_t peer_window_b = 65536;
    /// The kernel's buffers of a program's socket that sets none. Setting SO_RCVBUF or SO_SNDBUF
    /// stores twice the wish, as Linux does, of which half is for payload.
    std::size_t receive_buffer_b = 65536;
    std::size_t send_buffer_b = 65536;
    std::size_t buffer_b_max = 212'992;  ///< net.core.rmem_max and wmem_max.
};

/// What goes wrong in calls of the program. Percentages are drawn per call; 100 is always.
struct Faults {
    unsigned short_read_percent = 0;
    std::size_t short_read_b_max = 1;  ///< A short read gives 1 to so many bytes.
    unsigned short_write_percent = 0;
    std::size_t short_write_b_max = 1;
    /// Every second receive and send of a socket says `would_block`, beginning with the first,
    /// although readiness was and still is reported.
    bool would_block_first = false;
    /// Per wait that reports something: a watched descriptor that is not ready is reported too.
    unsigned spurious_readiness_percent = 0;
    unsigned no_descriptor_percent = 0;  ///< `open_socket` and `accept`: EMFILE.
};

/// What the process may have.
struct Limits {
    std::size_t descriptors_max = 1024;  ///< One above the largest number; 0 to 2 are taken.
    std::size_t memory_b_max = std::numeric_limits<std::size_t>::max();  ///< Of `map_pages`.
};

/// What happens to those who connect to an address.
enum class Answer : std::uint8_t {
    accept,
    accept_then_reset,  ///< The reset follows directly behind the answer.
    refuse,             ///< ECONNREFUSED; after the round trip, except on a Unix socket.
    unreachable,        ///< EHOSTUNREACH, at once.
    black_hole,         ///< No answer: ETIMEDOUT after 127 s, or after TCP_USER_TIMEOUT.
};

/// The test's side of one connection: the device. A handle that is valid while the world lives;
/// copies mean the same connection. What it does reaches the program after the network's delay.
/// It reads whatever arrives unless told not to.
class Peer {
  public:
    explicit Peer(End& end) : end_(&end) {}

    /// Queues bytes without limit; they leave as the program's window allows.
    void send(std::string_view bytes);
    /// Ends its sending direction (FIN behind the last byte) and goes on reading.
    void finish();
    /// Ends both directions: FIN behind the last byte; data that arrives later is answered by RST.
    void close();
    /// Tears the connection down (RST). What was sent and fits the window still arrives before it.
    void reset();

    /// Everything read so far, in order.
    [[nodiscard]] const std::string& received() const;
    /// The same, and forgets it.
    [[nodiscard]] std::string take_received();
    /// Called after each arrival that was read.
    void on_receive(std::function<void()> callback);

    /// Leaves what arrives in its kernel, so that its window fills.
    void stop_reading();
    void start_reading();
    /// Reads up to `bytes_max` once, for slow readers that have stopped reading; how many it got.
    std::size_t read(std::size_t bytes_max);
    /// Its receive window from now on.
    void set_window(std::size_t bytes);

    /// The cable is cut: nothing arrives in either direction and nothing is acknowledged, until
    /// `heal`, after which everything that waited arrives.
    void go_silent();
    void heal();

    [[nodiscard]] bool is_connected()
        const;                             ///< Established, and neither reset nor both ends closed.
    [[nodiscard]] bool saw_end() const;    ///< The program's FIN arrived and all was read.
    [[nodiscard]] bool saw_reset() const;  ///< The program, or its kernel, reset the connection.
    [[nodiscard]] std::size_t unsent() const;  ///< Own bytes that have not arrived at the program.
    [[nodiscard]] const SocketAddress& address() const;          ///< Its own.
    [[nodiscard]] const SocketAddress& program_address() const;  ///< The other side's.

    /// An option of the program's socket at the other end, as `sys::get_option` gives it.
    [[nodiscard]] int program_option(sys::SocketOption option) const;
    /// The program's kernel changes one by itself, as Linux does with buffers that grow. Only what
    /// `sys::get_option` gives.
    void set_program_option(sys::SocketOption option, int value);

  private:
    End* end_;
};

/// Who answers at an address.
struct AddressScript {
    Answer answer = Answer::accept;
    Duration delay{};  ///< Before the answer, on top of the network's.
    std::function<void(Peer)> on_connect{};
};

/// Who answers for a name.
struct NameScript {
    /// In this order; the port is that of the question. Empty: `resolve_failed`.
    std::vector<SocketAddress> addresses{};
    Duration delay = std::chrono::milliseconds(1);
    bool answers = true;  ///< false: never.
};

/// The one world of the process while it lives: the functions of `sys` act on it, and abort when
/// there is none. Destroy it after everything that uses `sys`: a descriptor left open, or pages
/// left mapped, are a leak and abort.
class World {
  public:
    explicit World(const WorldOptions& options = {});
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // What can be changed at any time.
    [[nodiscard]] Network& network() noexcept;
    [[nodiscard]] Faults& faults() noexcept;
    [[nodiscard]] Limits& limits() noexcept;

    // Time.
    [[nodiscard]] SteadyTime now() const noexcept;
    /// The wall clock is set; timers must not care. Either way.
    void jump_system_clock(Duration step) noexcept;
    /// The machine stands still: both clocks go on, and what was due meanwhile happens late, all at
    /// once. REQUIRES: span >= 0.
    void stall(Duration span) noexcept;
    /// Lets the world go on without the program: events in their order, until `span` is over.
    void run_for(Duration span);

    // Events of the test. Callbacks run inside the program's waits, or in `run_for`.
    void at(SteadyTime time, std::function<void()> callback);
    void after(Duration span, std::function<void()> callback);

    // Devices. An address that has neither a script nor a listener of the program refuses.
    void script(const SocketAddress& address, AddressScript script);
    /// Connections accepted at a scripted address, from the first; ended ones too.
    [[nodiscard]] std::vector<Peer> peers(const SocketAddress& address) const;
    /// The latest of them. REQUIRES: there is one.
    [[nodiscard]] Peer peer(const SocketAddress& address) const;
    /// A device that connects to a listener of the program: `is_connected` and `saw_reset` tell how
    /// it went.
    Peer dial(const SocketAddress& listener);

    // Names and interfaces. A name without a script does not resolve.
    void script_name(const std::string& name, NameScript script);
    /// `index` 0: the interface goes away.
    void set_interface(const std::string& name, std::uint32_t index);

    // Standard streams.
    void append_input(std::string_view bytes);
    void end_input();
    [[nodiscard]] const std::string& output() const;
    [[nodiscard]] const std::string& error_output() const;
    /// Writing to standard output fails with `error_number` once so many bytes in total were taken.
    void fail_output_after(std::size_t bytes, int error_number);

    // What the program holds, and what happened.
    [[nodiscard]] std::size_t open_descriptors() const;
    [[nodiscard]] std::size_t mapped_bytes() const;
    /// Sums up every event and call so far: equal for equal seeds and programs.
    [[nodiscard]] std::uint64_t trace_hash() const noexcept;
    /// For a test's own choices; apart from the draws of the world and of `sys::random_bits`.
    [[nodiscard]] std::uint64_t random() noexcept;

  private:
    std::unique_ptr<State> state_;
};

/// `192.0.2.10:7502` and the like, for tests. REQUIRES: a numeric address.
[[nodiscard]] SocketAddress socket_address(std::string_view text);

}  // namespace sluice::sim
