/// What a world consists of. Private to sim/.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "sim/end.hpp"
#include "sim/world.hpp"
#include "sluice/sys/descriptor.hpp"
#include "sluice/sys/file.hpp"
#include "sluice/sys/poller.hpp"

namespace sluice::sim {

/// A stream of random numbers (splitmix64). Each concern has its own, so that switching one fault
/// off does not change what the others draw.
class RandomStream {
  public:
    RandomStream(std::uint64_t seed, std::uint64_t concern);
    [[nodiscard]] std::uint64_t next();
    /// Uniform in [0, count). REQUIRES: count > 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t count) { return next() % count; }
    [[nodiscard]] bool happens(unsigned percent) { return percent > 0 && below(100) < percent; }

  private:
    std::uint64_t state_;
};

struct Event {
    const char* kind;
    std::uint64_t entity;
    std::function<void()> run;
};

struct PollerState {
    struct Watched {
        sys::Interest interest;
        std::uint64_t token;
    };
    std::map<int, Watched> watched;
    int last_reported = -1;  // the next wait looks behind it first: nobody starves
    bool woken = false;
};

struct Wakeup {};

/// What a descriptor's number stands for; monostate: nothing.
using Object =
    std::variant<std::monostate, End*, std::shared_ptr<PollerState>, Wakeup, sys::StandardStream>;

struct StandardStreams {
    std::string input;
    std::size_t input_read = 0;
    bool input_ended = false;
    std::string output;
    std::string error_output;
    std::size_t output_b_max = std::numeric_limits<std::size_t>::max();
    int output_error = 0;

    [[nodiscard]] bool is_readable() const { return input_read < input.size() || input_ended; }
};

struct State {
    explicit State(const WorldOptions& given);

    // Events and time (world.cpp).
    EventId schedule(SteadyTime time, const char* kind, std::uint64_t entity,
                     std::function<void()> run);
    void cancel(std::optional<EventId>& event);
    /// Runs the next event unless it is later than `limit`; the clock moves to it.
    bool run_next(SteadyTime limit);
    /// Runs everything that is due now.
    void run_due();
    /// One step of a program that waits: one event, or the clock moves to the deadline and the
    /// answer is false. Neither event nor deadline: the program hangs, which is a bug.
    bool wait_step(SteadyTime deadline);
    void move_clock(SteadyTime time);
    void trace(const char* kind, std::uint64_t entity, std::uint64_t amount);

    // Descriptors (descriptor.cpp).
    /// The lowest free number, or -1.
    int open_object(Object object);
    [[nodiscard]] Object& object(const sys::Descriptor& descriptor);
    [[nodiscard]] End& socket(const sys::Descriptor& descriptor);
    [[nodiscard]] PollerState& poller(const sys::Descriptor& descriptor);
    [[nodiscard]] std::size_t open_descriptors() const;

    // Sockets (connect.cpp).
    End& add_end(End::Owner owner, SocketAddress::Family family);
    [[nodiscard]] AddressScript* find_script(const SocketAddress& address);
    [[nodiscard]] End* find_listener(const SocketAddress& address);
    /// The address from which this machine talks to `peer`, with a port of its own.
    [[nodiscard]] SocketAddress local_towards(const SocketAddress& peer);
    [[nodiscard]] std::uint16_t next_port();
    /// How long the next bytes take to the other side.
    [[nodiscard]] Duration one_way();

    WorldOptions options;
    Network network;
    Faults faults;
    Limits limits;

    SteadyTime steady;
    SystemTime system;
    std::map<EventId, Event> events;
    std::uint64_t events_scheduled = 0;
    std::uint64_t events_run = 0;
    std::uint64_t waits_without_time = 0;
    std::uint64_t hash = 14'695'981'039'346'656'037U;  // FNV-1a's offset basis

    std::vector<Object> descriptors;
    std::vector<std::unique_ptr<End>> ends;  // kept to the end of the world: handles stay valid
    std::map<std::string, AddressScript> scripts;
    std::map<std::string, std::vector<End*>> accepted;
    std::uint16_t last_port = 32767;
    std::map<std::string, NameScript> names;
    std::map<std::string, std::uint32_t> interfaces;
    StandardStreams streams;
    std::map<void*, std::size_t> mappings;
    std::size_t mapped_bytes = 0;

    RandomStream network_random;
    RandomStream short_read_random;
    RandomStream short_write_random;
    RandomStream readiness_random;
    RandomStream descriptor_random;
    RandomStream program_random;
    RandomStream test_random;
};

/// The one that lives. Aborts when there is none.
[[nodiscard]] State& world() noexcept;

}  // namespace sluice::sim
