#include "sluice/sys/resolver.hpp"

#include <utility>

#include "sim/state.hpp"

namespace sluice::sys {

struct ResolveRequest::State {
    std::function<void(ResolveAnswer)> done;  // empty once called or cancelled
    std::optional<sim::EventId> event;
};

void ResolveRequest::cancel() noexcept {
    if (const std::shared_ptr<State> state = std::move(state_)) {
        state->done = nullptr;
        if (state->event) {
            sim::world().cancel(state->event);
        }
    }
}

ResolveRequest resolve(std::string host, std::uint16_t port,
                       std::function<void(ResolveAnswer)> done) {
    sim::State& world = sim::world();
    auto state = std::make_shared<ResolveRequest::State>();
    state->done = std::move(done);
    const auto found = world.names.find(host);
    const sim::NameScript script = found == world.names.end() ? sim::NameScript{} : found->second;
    world.trace("resolve", port, 0);
    if (!script.answers) {
        return ResolveRequest(std::move(state));
    }
    ResolveAnswer answer = Error(Errc::resolve_failed, "\"" + host + "\" has no address");
    if (!script.addresses.empty()) {
        std::vector<SocketAddress> addresses = script.addresses;
        for (SocketAddress& address : addresses) {
            address.port = port;
        }
        answer = std::move(addresses);
    }
    state->event = world.schedule(world.steady + script.delay, "resolved", port,
                                  [state, answer = std::move(answer)] {
                                      state->event.reset();
                                      std::exchange(state->done, nullptr)(answer);
                                  });
    return ResolveRequest(std::move(state));
}

}  // namespace sluice::sys
