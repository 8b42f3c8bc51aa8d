#include "sluice/sys/socket.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "sim/state.hpp"
#include "sluice/core/check.hpp"

namespace sluice::sys {
namespace {

using Phase = sim::End::Phase;

constexpr IoResult would_block{IoStatus::would_block, 0, 0};
constexpr std::uint32_t segment_bytes = 1448;  // of Ethernet, with time stamps

/// True at every second call.
bool refuses(bool& refused) {
    refused = sim::world().faults.would_block_first && !refused;
    return refused;
}

/// `size`, or less where the fault strikes.
std::size_t shortened(std::size_t size, sim::RandomStream& random, unsigned percent,
                      std::size_t size_max) {
    if (size == 0 || !random.happens(percent)) {
        return size;
    }
    return std::min<std::size_t>(size, 1 + random.below(std::max<std::size_t>(size_max, 1)));
}

Result<Descriptor> open_descriptor(sim::End& end) {
    const int number = sim::world().open_object(&end);
    if (number < 0) {
        return Error::from_errno(EMFILE);
    }
    return Descriptor(number);
}

bool descriptor_denied() {
    sim::State& world = sim::world();
    return world.descriptor_random.happens(world.faults.no_descriptor_percent);
}

bool is_wildcard(const SocketAddress& address) {
    return address.ip == decltype(address.ip){};
}

bool is_local(const SocketAddress& address) {
    const auto& locals = sim::world().options.local_addresses;
    return address.is_loopback() || is_wildcard(address) ||
           std::any_of(locals.begin(), locals.end(), [&](const SocketAddress& local) {
               return local.family == address.family && local.ip == address.ip;
           });
}

/// Whether Linux refuses `address` to `binding` because `holder` has it.
bool is_in_way(sim::End& holder, sim::End& binding, const SocketAddress& address) {
    const SocketAddress& held = holder.local;
    if (!holder.bound || held.family != address.family) {
        return false;
    }
    if (address.family == SocketAddress::Family::unix_path) {
        return held.path == address.path;
    }
    const bool overlap = held.port == address.port &&
                         (held.ip == address.ip || is_wildcard(held) || is_wildcard(address));
    const bool shared = holder.option(SocketOption::reuse_address) != 0 &&
                        binding.option(SocketOption::reuse_address) != 0 &&
                        holder.phase != Phase::listening;
    return overlap && !shared;
}

/// The error that a call on a finished connection gives, once.
IoResult end_of_sending(sim::End& end) {
    const int error = std::exchange(end.error, 0);
    return {IoStatus::failed, 0, error != 0 ? error : EPIPE};
}

bool is_tcp(const sim::End& end) {
    return end.local.family != SocketAddress::Family::unix_path;
}

/// Unix sockets have the options of SOL_SOCKET only.
bool has_option(const sim::End& end, SocketOption option) {
    return is_tcp(end) || option == SocketOption::reuse_address ||
           option == SocketOption::keepalive || option == SocketOption::receive_buffer_bytes ||
           option == SocketOption::send_buffer_bytes || option == SocketOption::receive_time;
}

}  // namespace

Result<Descriptor> open_socket(SocketAddress::Family family) {
    if (descriptor_denied()) {
        return Error::from_errno(EMFILE);
    }
    return open_descriptor(sim::world().add_end(sim::End::Owner::program, family));
}

Result<ConnectProgress> connect(const Descriptor& socket, const SocketAddress& peer) {
    sim::End& end = sim::world().socket(socket);
    const int error = end.connect(peer);
    sim::world().trace("connect", end.id, static_cast<std::uint64_t>(error));
    if (error != 0) {
        return Error::from_errno(error);
    }
    return end.phase == Phase::connecting ? ConnectProgress::in_progress
                                          : ConnectProgress::connected;
}

Result<void> bind(const Descriptor& socket, const SocketAddress& address) {
    sim::State& world = sim::world();
    sim::End& end = world.socket(socket);
    const bool is_unix = address.family == SocketAddress::Family::unix_path;
    if (!is_unix && !is_local(address)) {
        return Error::from_errno(EADDRNOTAVAIL);
    }
    SocketAddress wanted = address;
    if (!is_unix && wanted.port == 0) {
        wanted.port = world.next_port();
    }
    for (const sim::Object& object : world.descriptors) {
        sim::End* const* other = std::get_if<sim::End*>(&object);
        if (other != nullptr && *other != &end && is_in_way(**other, end, wanted)) {
            return Error::from_errno(EADDRINUSE);
        }
    }
    end.local = wanted;
    end.bound = true;
    return {};
}

Result<void> listen(const Descriptor& socket, int backlog) {
    sim::State& world = sim::world();
    sim::End& end = world.socket(socket);
    if (!end.bound) {
        end.local.port = world.next_port();
    }
    end.phase = Phase::listening;
    end.backlog = static_cast<std::size_t>(std::max(backlog, 1));
    return {};
}

Result<Accepted> accept(const Descriptor& listener) {
    sim::End& end = sim::world().socket(listener);
    SLUICE_CHECK(end.phase == Phase::listening, "EINVAL: accept on a socket that does not listen");
    if (end.waiting.empty()) {
        return Error::from_errno(EAGAIN);
    }
    if (descriptor_denied()) {
        return Error::from_errno(EMFILE);  // and the connection goes on waiting, as in Linux
    }
    sim::End& accepted = *end.waiting.front();
    Result<Descriptor> socket = open_descriptor(accepted);
    if (!socket) {
        return socket.error();
    }
    end.waiting.pop_front();
    return Accepted{std::move(*socket), accepted.remote};
}

IoResult receive(const Descriptor& socket, std::span<std::byte> target) noexcept {
    sim::State& world = sim::world();
    sim::End& end = world.socket(socket);
    if (end.phase == Phase::fresh || end.phase == Phase::listening) {
        return {IoStatus::failed, 0, ENOTCONN};
    }
    if (refuses(end.receive_refused) || end.phase == Phase::connecting) {
        return would_block;
    }
    if (end.in.readable() > 0) {
        const std::size_t size =
            shortened(std::min(target.size(), end.in.readable()), world.short_read_random,
                      world.faults.short_read_percent, world.faults.short_read_b_max);
        end.take(reinterpret_cast<char*>(target.data()), size);
        end.announce_window();
        world.trace("receive", end.id, size);
        return {IoStatus::done, size, 0};
    }
    if (!end.in.fin_arrived && end.error != 0) {  // after a FIN Linux reports the end, no error
        const int error = std::exchange(end.error, 0);
        world.trace("receive failed", end.id, static_cast<std::uint64_t>(error));
        return {IoStatus::failed, 0, error};
    }
    if (end.in.fin_arrived || end.phase == Phase::ended) {
        world.trace("receive end", end.id, 0);
        return {IoStatus::end, 0, 0};
    }
    return would_block;
}

StampedIoResult receive_stamped(const Descriptor& socket, std::span<std::byte> target) noexcept {
    StampedIoResult result{.io = receive(socket, target)};
    sim::End& end = sim::world().socket(socket);
    if (result.io.status == IoStatus::done && is_tcp(end) &&
        end.option(SocketOption::receive_time) != 0) {
        result.kernel_time = end.in.last_arrival;
    }
    return result;
}

IoResult send(const Descriptor& socket, std::span<const iovec> pieces) noexcept {
    sim::State& world = sim::world();
    sim::End& end = world.socket(socket);
    if (end.phase == Phase::fresh || end.phase == Phase::listening) {
        return {IoStatus::failed, 0, EPIPE};
    }
    if (end.phase == Phase::ended || end.send_ended) {
        return end_of_sending(end);
    }
    if (refuses(end.send_refused) || end.phase == Phase::connecting) {
        return would_block;
    }
    std::size_t wanted = 0;
    for (const iovec& piece : pieces) {
        wanted += piece.iov_len;
    }
    const std::size_t size =
        shortened(std::min(wanted, end.send_room()), world.short_write_random,
                  world.faults.short_write_percent, world.faults.short_write_b_max);
    if (size == 0) {
        return wanted == 0 ? IoResult{} : would_block;
    }
    std::size_t left = size;
    for (const iovec& piece : pieces) {
        const std::size_t part = std::min(left, piece.iov_len);
        end.append(static_cast<const char*>(piece.iov_base), part);
        left -= part;
    }
    end.transmit();
    world.trace("send", end.id, size);
    return {IoStatus::done, size, 0};
}

Result<void> shutdown_send(const Descriptor& socket) {
    sim::End& end = sim::world().socket(socket);
    if (end.phase != Phase::connected) {
        return Error::from_errno(ENOTCONN);
    }
    end.finish();
    return {};
}

int take_error(const Descriptor& socket) noexcept {
    return std::exchange(sim::world().socket(socket).error, 0);
}

Result<SocketAddress> local_address(const Descriptor& socket) {
    return sim::world().socket(socket).local;
}

Result<SocketAddress> peer_address(const Descriptor& socket) {
    const sim::End& end = sim::world().socket(socket);
    if (end.phase != Phase::connected || end.is_over()) {
        return Error::from_errno(ENOTCONN);
    }
    return end.remote;
}

Result<void> set_option(const Descriptor& socket, SocketOption option, int value) {
    sim::State& world = sim::world();
    sim::End& end = world.socket(socket);
    if (!has_option(end, option)) {
        return Error::from_errno(EOPNOTSUPP);
    }
    const auto cap = static_cast<int>(world.network.buffer_b_max);
    if (option == SocketOption::receive_buffer_bytes) {
        value = std::max(2 * std::min(value, cap), 2304);  // SOCK_MIN_RCVBUF
        end.in.window = static_cast<std::size_t>(value) / 2;
    } else if (option == SocketOption::send_buffer_bytes) {
        value = std::max(2 * std::min(value, cap), 4608);  // SOCK_MIN_SNDBUF
        end.send_buffer = static_cast<std::size_t>(value) / 2;
    }
    const bool is_count = option == SocketOption::keepalive_idle_s ||
                          option == SocketOption::keepalive_interval_s ||
                          option == SocketOption::keepalive_probes;
    const int value_max = option == SocketOption::keepalive_probes ? 127 : 32767;  // tcp.h
    if ((is_count && (value < 1 || value > value_max)) || value < 0) {
        return Error::from_errno(EINVAL);
    }
    end.option(option) = value;
    end.update_watch();
    return {};
}

Result<int> get_option(const Descriptor& socket, SocketOption option) {
    sim::End& end = sim::world().socket(socket);
    if (!has_option(end, option)) {
        return Error::from_errno(EOPNOTSUPP);
    }
    return end.option(option);
}

Result<TcpInfo> tcp_info(const Descriptor& socket) {
    sim::State& world = sim::world();
    const sim::End& end = world.socket(socket);
    if (!is_tcp(end)) {
        return Error::from_errno(EOPNOTSUPP);
    }
    TcpInfo info;
    info.probes = end.probes;
    info.retransmits = end.retransmits;
    info.since_data_received = world.steady - end.last_data;
    info.since_ack_received = world.steady - end.last_ack;
    info.received_bytes = end.in.arrived;
    info.rtt_us = info.rtt_us_min = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(2 * world.network.delay).count());
    if (end.other != nullptr) {
        const sim::Direction& out = end.other->in;
        const std::uint64_t sent = std::min(out.written, out.edge);
        const std::uint64_t in_flight = sent - out.arrived;
        info.acked_bytes = out.arrived;
        info.unsent_bytes = static_cast<std::uint32_t>(out.written - sent);
        info.send_window = static_cast<std::uint32_t>(out.edge - out.arrived);
        info.unacked = static_cast<std::uint32_t>((in_flight + segment_bytes - 1) / segment_bytes);
    }
    return info;
}

Result<std::uint32_t> interface_index(const std::string& scope) {
    std::uint32_t index = 0;
    const char* end = scope.data() + scope.size();
    if (std::from_chars(scope.data(), end, index).ptr == end && index != 0) {
        return index;
    }
    const auto& interfaces = sim::world().interfaces;
    const auto found = interfaces.find(scope);
    if (found == interfaces.end() || found->second == 0) {
        return Error(Errc::no_interface, "this machine has no interface \"" + scope + "\" now");
    }
    return found->second;
}

}  // namespace sluice::sys
