#include "sim/world.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "sim/state.hpp"
#include "sluice/core/check.hpp"

namespace sluice::sim {
namespace {

State* current = nullptr;

std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

void print_leaks(const State& state) {
    for (std::size_t number = 0; number < state.descriptors.size(); ++number) {
        const Object& object = state.descriptors[number];
        if (End* const* end = std::get_if<End*>(&object)) {
            std::fprintf(stderr, "descriptor %zu left open: socket %s to %s\n", number,
                         (*end)->local.to_string().c_str(), (*end)->remote.to_string().c_str());
        } else if (!std::holds_alternative<std::monostate>(object)) {
            std::fprintf(stderr, "descriptor %zu left open: no socket\n", number);
        }
    }
}

}  // namespace

State& world() noexcept {
    SLUICE_CHECK(current != nullptr, "a program on the simulated seam needs a sim::World");
    return *current;
}

RandomStream::RandomStream(std::uint64_t seed, std::uint64_t concern)
    : state_(mixed(seed) ^ mixed(concern * 0x9e3779b97f4a7c15U)) {}

std::uint64_t RandomStream::next() {
    state_ += 0x9e3779b97f4a7c15U;
    return mixed(state_);
}

State::State(const WorldOptions& given)
    : options(given),
      steady(given.steady_start),
      system(given.system_start),
      descriptors(3, Object{sys::StandardStream::error}),
      network_random(given.seed, 1),
      short_read_random(given.seed, 2),
      short_write_random(given.seed, 3),
      readiness_random(given.seed, 4),
      descriptor_random(given.seed, 5),
      program_random(given.seed, 6),
      test_random(given.seed, 7) {
    descriptors[0] = sys::StandardStream::input;
    descriptors[1] = sys::StandardStream::output;
    if (options.local_addresses.empty()) {
        options.local_addresses = {socket_address("192.0.2.1:0"),
                                   socket_address("[2001:db8::1]:0")};
    }
}

EventId State::schedule(SteadyTime time, const char* kind, std::uint64_t entity,
                        std::function<void()> run) {
    const EventId id{std::max(time, steady), events_scheduled++};
    events.emplace(id, Event{kind, entity, std::move(run)});
    return id;
}

void State::cancel(std::optional<EventId>& event) {
    if (event) {
        events.erase(*event);
        event.reset();
    }
}

bool State::run_next(SteadyTime limit) {
    if (events.empty() || events.begin()->first.first > limit) {
        return false;
    }
    SLUICE_CHECK(++events_run <= options.events_max,
                 "the program needs more events than WorldOptions::events_max");
    const auto next = events.extract(events.begin());
    move_clock(next.key().first);
    trace(next.mapped().kind, next.mapped().entity, 0);
    next.mapped().run();
    return true;
}

void State::run_due() {
    while (run_next(steady)) {
    }
}

bool State::wait_step(SteadyTime deadline) {
    if (run_next(deadline)) {
        return true;
    }
    SLUICE_CHECK(deadline != never,
                 "the program would wait for ever: nothing is going to happen in the simulated "
                 "world, and it gave no deadline");
    move_clock(deadline);
    return false;
}

void State::move_clock(SteadyTime time) {
    if (time > steady) {
        system += time - steady;
        steady = time;
        waits_without_time = 0;
    }
}

void State::trace(const char* kind, std::uint64_t entity, std::uint64_t amount) {
    for (const char* letter = kind; *letter != 0; ++letter) {
        hash = (hash ^ static_cast<unsigned char>(*letter)) * 1'099'511'628'211U;
    }
    const std::int64_t time = steady.time_since_epoch().count();
    for (const std::uint64_t value : {static_cast<std::uint64_t>(time), entity, amount}) {
        hash = mixed(hash ^ value) + 1;
    }
    if (options.print_trace) {
        std::fprintf(stderr, "%" PRId64 ".%09" PRId64 " %s %" PRIu64 " %" PRIu64 "\n",
                     time / 1'000'000'000, time % 1'000'000'000, kind, entity, amount);
    }
}

World::World(const WorldOptions& options) : state_(std::make_unique<State>(options)) {
    SLUICE_CHECK(current == nullptr, "one world at a time");
    current = state_.get();
}

World::~World() {
    // What callbacks own may use the seam when it is destroyed.
    state_->events.clear();
    state_->scripts.clear();
    for (const std::unique_ptr<End>& end : state_->ends) {
        end->on_receive = nullptr;
    }
    if (open_descriptors() > 0) {
        print_leaks(*state_);
    }
    SLUICE_CHECK(open_descriptors() == 0, "a descriptor was left open");
    SLUICE_CHECK(mapped_bytes() == 0, "pages were left mapped");
    current = nullptr;
}

Network& World::network() noexcept {
    return state_->network;
}
Faults& World::faults() noexcept {
    return state_->faults;
}
Limits& World::limits() noexcept {
    return state_->limits;
}

SteadyTime World::now() const noexcept {
    return state_->steady;
}

void World::jump_system_clock(Duration step) noexcept {
    state_->system += step;
}

void World::stall(Duration span) noexcept {
    SLUICE_CHECK(span >= Duration::zero(), "the steady clock only goes forwards");
    state_->move_clock(state_->steady + span);
}

void World::run_for(Duration span) {
    const SteadyTime end = saturating_add(state_->steady, span);
    while (state_->run_next(end)) {
    }
    SLUICE_CHECK(end != never, "run_for needs an end");
    state_->move_clock(end);
}

void World::at(SteadyTime time, std::function<void()> callback) {
    state_->schedule(time, "test", 0, std::move(callback));
}

void World::after(Duration span, std::function<void()> callback) {
    at(saturating_add(state_->steady, span), std::move(callback));
}

void World::script(const SocketAddress& address, AddressScript script) {
    state_->scripts[address.to_string()] = std::move(script);
}

std::vector<Peer> World::peers(const SocketAddress& address) const {
    std::vector<Peer> all;
    for (End* end : state_->accepted[address.to_string()]) {
        all.emplace_back(*end);
    }
    return all;
}

Peer World::peer(const SocketAddress& address) const {
    const std::vector<End*>& accepted = state_->accepted[address.to_string()];
    SLUICE_CHECK(!accepted.empty(), "nobody has connected to this address");
    return Peer(*accepted.back());
}

Peer World::dial(const SocketAddress& listener) {
    End& end = state_->add_end(End::Owner::device, listener.family);
    end.error = end.connect(listener);
    if (!listener.is_loopback()) {  // from a neighbour
        end.local.ip[listener.family == SocketAddress::Family::ipv4 ? 3 : 15] ^= 0x80;
    }
    return Peer(end);
}

void World::script_name(const std::string& name, NameScript script) {
    state_->names[name] = std::move(script);
}

void World::set_interface(const std::string& name, std::uint32_t index) {
    state_->interfaces[name] = index;
}

void World::append_input(std::string_view bytes) {
    state_->streams.input += bytes;
}

void World::end_input() {
    state_->streams.input_ended = true;
}

const std::string& World::output() const {
    return state_->streams.output;
}

const std::string& World::error_output() const {
    return state_->streams.error_output;
}

void World::fail_output_after(std::size_t bytes, int error_number) {
    state_->streams.output_b_max = bytes;
    state_->streams.output_error = error_number;
}

std::size_t World::open_descriptors() const {
    return state_->open_descriptors();
}

std::size_t World::mapped_bytes() const {
    return state_->mapped_bytes;
}

std::uint64_t World::trace_hash() const noexcept {
    return state_->hash;
}

std::uint64_t World::random() noexcept {
    return state_->test_random.next();
}

SocketAddress socket_address(std::string_view text) {
    const Result<Address> address = Address::parse(text);
    SLUICE_CHECK(address && address->kind() != Address::Kind::name, "a numeric address is needed");
    std::uint32_t scope = 0;
    for (const char digit : address->scope()) {
        scope = scope * 10 + static_cast<std::uint32_t>(digit - '0');
    }
    return address->numeric(scope);
}

}  // namespace sluice::sim
