#include "sluice/net/listener.hpp"

#include <atomic>
#include <string>
#include <utility>

#include "net/event_loop_state.hpp"
#include "sluice/net/timer.hpp"

namespace sluice::net {
namespace {

constexpr int accepts_per_turn = 64;
constexpr Duration rest = std::chrono::milliseconds(100);

Result<SocketAddress> address_to_listen(const Address& address, bool allow_remote) {
    if (address.kind() == Address::Kind::name) {
        return Error(Errc::invalid_address, address.to_string() +
                                                ": to listen, give a numeric address, such as "
                                                "127.0.0.1:PORT or [::1]:PORT");
    }
    std::uint32_t scope_id = 0;
    if (!address.scope().empty()) {
        const Result<std::uint32_t> index = sys::interface_index(address.scope());
        if (!index) {
            return index.error();
        }
        scope_id = *index;
    }
    SocketAddress numeric = address.numeric(scope_id);
    if (!allow_remote && !numeric.is_loopback()) {
        return Error(Errc::invalid_address,
                     address.to_string() +
                         ": reachable from other machines, without encryption; allow_remote "
                         "permits it");
    }
    return numeric;
}

}  // namespace

struct Listener::State final : LoopHandler {
    State(EventLoop& loop_in, AcceptFunction on_accept_in)
        : loop(loop_in.state()),
          on_accept(std::move(on_accept_in)),
          rest_timer(loop_in, [this] { watch(); }) {}

    [[nodiscard]] Result<void> open(const SocketAddress& address, const ListenerOptions& options);
    void on_ready(const sys::Readiness& readiness) override;
    /// False if there was no descriptor to do it with.
    [[nodiscard]] bool refuse_one();
    void watch();
    void close() noexcept;

    EventLoop::State& loop;
    AcceptFunction on_accept;
    sys::Descriptor socket;
    sys::Descriptor spare;  // given up for a moment to accept and close when none is left
    SocketAddress local;
    std::uint64_t token = 0;
    std::atomic<std::uint64_t> refused = 0;
    Timer rest_timer;  // while nothing can be accepted the socket would be ready for ever
};

Result<void> Listener::State::open(const SocketAddress& address, const ListenerOptions& options) {
    Result<sys::Descriptor> opened = sys::open_socket(address.family);
    if (!opened) {
        return opened.error();
    }
    Result<sys::Descriptor> reserve = sys::open_socket(address.family);
    if (!reserve) {
        return reserve.error();
    }
    // Accepted sockets inherit what the listener has.
    if (Result<void> applied = apply(options.socket, *opened, address.family); !applied) {
        return applied;
    }
    if (Result<void> bound = sys::bind(*opened, address); !bound) {
        return Error(bound.error().code(), "cannot listen on " + address.to_string());
    }
    if (Result<void> listening = sys::listen(*opened, options.backlog); !listening) {
        return Error(listening.error().code(), "cannot listen on " + address.to_string());
    }
    Result<SocketAddress> name = sys::local_address(*opened);
    if (!name) {
        return name.error();
    }
    local = *std::move(name);
    token = loop.handlers.add(*this);
    if (Result<void> added = loop.poller.add(*opened, {.readable = true}, token); !added) {
        loop.handlers.remove(token);
        return added;
    }
    socket = *std::move(opened);
    spare = *std::move(reserve);
    return {};
}

void Listener::State::on_ready(const sys::Readiness& readiness) {
    for (int i = 0; i < accepts_per_turn && readiness.readable && socket.is_open(); ++i) {
        Result<sys::Accepted> accepted = sys::accept(socket);
        if (!accepted) {
            const Errc reason = accepted.error().code();
            if (reason != Errc::would_block && (reason != Errc::limit_reached || !refuse_one())) {
                loop.poller.remove(socket);
                rest_timer.arm(loop.now + rest);
            }
            return;
        }
        on_accept(*std::move(accepted));
    }
}

bool Listener::State::refuse_one() {
    spare.close();
    bool done = false;
    {
        const Result<sys::Accepted> accepted = sys::accept(socket);
        refused.fetch_add(accepted ? 1U : 0U, std::memory_order_relaxed);
        done = accepted || accepted.error().code() == Errc::would_block;
    }  // closed at once: the peer learns that it is not served
    if (Result<sys::Descriptor> reserve = sys::open_socket(local.family)) {
        spare = *std::move(reserve);
    }
    return done;
}

void Listener::State::watch() {
    if (!loop.poller.add(socket, {.readable = true}, token)) {
        rest_timer.arm(loop.now + rest);
    }
}

void Listener::State::close() noexcept {
    rest_timer.disarm();
    loop.poller.remove(socket);
    loop.handlers.remove(token);
    socket.close();
    spare.close();
}

Listener::Listener(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}

Listener::~Listener() {
    state_->close();
    EventLoop::State& loop = state_->loop;
    loop.retire(std::move(state_));
}

Result<std::unique_ptr<Listener>> Listener::open(EventLoop& loop, const Address& address,
                                                 const ListenerOptions& options,
                                                 AcceptFunction on_accept) {
    if (Result<void> valid = validate(options.socket); !valid) {
        return valid.error();
    }
    const Result<SocketAddress> numeric = address_to_listen(address, options.allow_remote);
    if (!numeric) {
        return numeric.error();
    }
    auto state = std::make_unique<State>(loop, std::move(on_accept));
    if (Result<void> opened = state->open(*numeric, options); !opened) {
        return opened.error();
    }
    return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

const SocketAddress& Listener::local_address() const noexcept {
    return state_->local;
}

std::uint64_t Listener::refused() const noexcept {
    return state_->refused.load(std::memory_order_relaxed);
}

}  // namespace sluice::net
