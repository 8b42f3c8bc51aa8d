// How connections come about: who answers at an address, and when.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "sim/end.hpp"
#include "sim/state.hpp"
#include "sluice/core/check.hpp"

namespace sluice::sim {
namespace {

constexpr Duration syn_patience = std::chrono::seconds(127);  // net.ipv4.tcp_syn_retries = 6
constexpr Duration syn_again = std::chrono::seconds(1);
constexpr std::uint16_t first_ephemeral_port = 32768;

bool is_wildcard(const SocketAddress& address) {
    return address.family != SocketAddress::Family::unix_path &&
           address.ip == decltype(address.ip){};
}

}  // namespace

End& State::add_end(End::Owner owner, SocketAddress::Family family) {
    ends.push_back(std::make_unique<End>(ends.size() + 1, owner, family));
    return *ends.back();
}

AddressScript* State::find_script(const SocketAddress& address) {
    const auto found = scripts.find(address.to_string());
    return found == scripts.end() ? nullptr : &found->second;
}

End* State::find_listener(const SocketAddress& address) {
    for (const Object& object : descriptors) {
        End* const* end = std::get_if<End*>(&object);
        if (end == nullptr || (*end)->phase != End::Phase::listening) {
            continue;
        }
        const SocketAddress& local = (*end)->local;
        if (local == address ||
            (is_wildcard(local) && local.family == address.family && local.port == address.port)) {
            return *end;
        }
    }
    return nullptr;
}

std::uint16_t State::next_port() {
    last_port =
        std::max<std::uint16_t>(static_cast<std::uint16_t>(last_port + 1), first_ephemeral_port);
    return last_port;
}

SocketAddress State::local_towards(const SocketAddress& peer) {
    SocketAddress local = peer;
    if (!peer.is_loopback()) {
        for (const SocketAddress& candidate : options.local_addresses) {
            if (candidate.family == peer.family) {
                local = candidate;
                break;
            }
        }
    }
    local.path.clear();
    local.port = peer.family == SocketAddress::Family::unix_path ? 0 : next_port();
    return local;
}

Duration State::one_way() {
    const auto jitter = static_cast<std::uint64_t>(network.jitter.count());
    if (jitter == 0) {
        return network.delay;
    }
    return network.delay + Duration(network_random.below(jitter + 1));
}

int End::connect(const SocketAddress& address) {
    SLUICE_CHECK(phase == Phase::fresh, "a socket connects once");
    const AddressScript* const script = world().find_script(address);
    if (address.family == SocketAddress::Family::unix_path) {
        const bool accepted = script && (script->answer == Answer::accept ||
                                         script->answer == Answer::accept_then_reset);
        if (!accepted && !world().find_listener(address)) {
            return script ? ECONNREFUSED : ENOENT;
        }
    } else if (script && script->answer == Answer::unreachable) {
        return EHOSTUNREACH;
    }
    if (!bound || local.port == 0 || is_wildcard(local)) {
        local = world().local_towards(address);
    }
    remote = address;
    phase = Phase::connecting;
    if (address.family == SocketAddress::Family::unix_path) {
        answer(address);
        return std::exchange(error, 0);
    }
    if (script && script->answer == Answer::black_hole) {
        const Duration limit = user_timeout();
        const Duration patience =
            limit > Duration::zero() ? std::min(limit, syn_patience) : syn_patience;
        world().schedule(world().steady + patience, "connect", id,
                         [this] { fail_connect(ETIMEDOUT); });
        return 0;
    }
    const Duration delay = world().one_way() + (script ? script->delay : Duration::zero());
    world().schedule(world().steady + delay, "syn", id, [this, address] { answer(address); });
    return 0;
}

void End::answer(const SocketAddress& address) {
    if (phase != Phase::connecting) {
        return;
    }
    if (world().find_script(address)) {
        connect_to_device(address);
        return;
    }
    End* const listener = world().find_listener(address);
    if (listener == nullptr) {
        fail_connect(ECONNREFUSED);
        return;
    }
    if (listener->waiting.size() >= listener->backlog) {
        // Linux drops the SYN, and the client sends it again; a Unix socket says EAGAIN at once,
        // which the seam gives as ECONNREFUSED.
        if (address.family == SocketAddress::Family::unix_path) {
            fail_connect(ECONNREFUSED);
        } else {
            world().schedule(world().steady + syn_again, "syn", id,
                             [this, address] { answer(address); });
        }
        return;
    }
    End& server = world().add_end(Owner::program, address.family);
    server.options = listener->options;
    server.in.window = listener->in.window;
    server.send_buffer = listener->send_buffer;
    server.local = address;
    server.remote = local;
    link(server);
    listener->waiting.push_back(&server);
}

void End::connect_to_device(const SocketAddress& address) {
    const AddressScript script = *world().find_script(address);  // on_connect may replace it
    if (script.answer != Answer::accept && script.answer != Answer::accept_then_reset) {
        fail_connect(ECONNREFUSED);
        return;
    }
    End& device = world().add_end(Owner::device, address.family);
    device.local = address;
    device.remote = local;
    link(device);
    world().accepted[address.to_string()].push_back(&device);
    if (script.on_connect) {
        script.on_connect(Peer(device));
    }
    if (script.answer == Answer::accept_then_reset) {
        device.reset();
    }
}

void End::fail_connect(int error_number) {
    if (phase != Phase::connecting) {
        return;
    }
    const auto fail = [this, error_number] {
        if (phase == Phase::connecting) {
            phase = Phase::ended;
            error = error_number;
        }
    };
    if (error_number == ETIMEDOUT || remote.family == SocketAddress::Family::unix_path) {
        fail();
        return;
    }
    world().schedule(world().steady + world().one_way(), "refused", id, fail);
}

void End::link(End& server) {
    other = &server;
    server.other = this;
    in.edge = in.window;
    server.in.edge = server.in.window;
    server.establish();
    if (remote.family == SocketAddress::Family::unix_path) {
        establish();
        return;
    }
    in.last_due = world().steady + world().one_way();
    world().schedule(in.last_due, "established", id, [this] {
        if (phase == Phase::connecting) {
            establish();
        }
    });
}

}  // namespace sluice::sim
