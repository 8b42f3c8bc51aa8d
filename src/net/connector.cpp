#include "net/connector.hpp"

#include <algorithm>
#include <string>

#include "sluice/sync/mutex.hpp"

namespace sluice::net {

struct Connector::Mailbox {
    sync::Mutex mutex;
    std::optional<sys::ResolveAnswer> answer SLUICE_GUARDED_BY(mutex);
};

namespace {

/// Where an interface name is needed, its number; 0 where none is.
Result<std::uint32_t> scope_of(const Address& address) {
    if (address.scope().empty()) {
        return std::uint32_t{0};
    }
    return sys::interface_index(address.scope());
}

Result<SocketAddress> numeric(const Address& address) {
    const Result<std::uint32_t> scope = scope_of(address);
    if (!scope) {
        return scope.error();
    }
    return address.numeric(*scope);
}

/// While connecting, the kernel's ETIMEDOUT means that nobody answered.
Error connect_error(int error_number) {
    const Errc code = errc_from_errno(error_number);
    return Error(code == Errc::peer_dead ? Errc::connect_timeout : code, error_number);
}

/// A socket that dials a free local port may, by chance, get that very port and meet itself.
bool is_connected_to_itself(const sys::Descriptor& socket, const SocketAddress& peer) {
    const Result<SocketAddress> local = sys::local_address(socket);
    return peer.family != SocketAddress::Family::unix_path && local && *local == peer;
}

}  // namespace

Connector::Connector(EventLoop& loop, const LinkOptions& options, ConnectorHandler& handler)
    : loop_(loop), options_(options), handler_(handler), timer_(loop, [this] { on_timeout(); }) {}

Connector::~Connector() {
    cancel();
}

void Connector::begin() {
    token_ = loop_.state().handlers.add(*this);
    deadline_ = saturating_add(loop_.now(), options_.connect_timeout);
    timer_.arm(deadline_);
    step_ = Step::resolving;
    last_error_.reset();
    addresses_.clear();
    find_addresses();
}

void Connector::cancel() noexcept {
    request_ = {};
    mailbox_.reset();
    timer_.disarm();
    drop_socket();
    if (step_ != Step::idle) {
        loop_.state().handlers.remove(token_);
        step_ = Step::idle;
    }
}

void Connector::find_addresses() {
    mailbox_ = std::make_shared<Mailbox>();
    const auto answer = [mailbox = mailbox_, state = &loop_.state(),
                         token = token_](sys::ResolveAnswer addresses) {
        {
            const sync::MutexLock lock(mailbox->mutex);
            mailbox->answer = std::move(addresses);
        }
        state->signal(token);
    };
    if (options_.address.kind() == Address::Kind::name) {
        request_ = sys::resolve(options_.address.host(), options_.address.port(), answer);
        return;
    }
    const Result<SocketAddress> peer = numeric(options_.address);
    answer(peer ? sys::ResolveAnswer(std::vector{*peer}) : sys::ResolveAnswer(peer.error()));
}

void Connector::on_signal() {
    if (step_ != Step::resolving) {
        return;
    }
    std::optional<sys::ResolveAnswer> answer;
    {
        const sync::MutexLock lock(mailbox_->mutex);
        answer.swap(mailbox_->answer);
    }
    if (!answer) {
        return;
    }
    request_ = {};
    if (*answer) {
        take_addresses(std::move(**answer));
    } else {
        fail(answer->error());
    }
}

void Connector::take_addresses(std::vector<SocketAddress> addresses) {
    if (!options_.allow_local) {
        std::erase_if(addresses, [](const SocketAddress& peer) { return peer.is_loopback(); });
        if (addresses.empty()) {
            fail(Error(Errc::resolve_failed,
                       options_.address.to_string() + " is this machine, and allow_local is off"));
            return;
        }
    }
    addresses_ = std::move(addresses);
    next_ = 0;
    step_ = Step::connecting;
    try_next();
}

void Connector::try_next() {
    while (next_ < addresses_.size()) {
        const SocketAddress& peer = addresses_[next_];
        // Whoever is silent leaves the others their part of the time.
        const auto left = static_cast<std::int64_t>(addresses_.size() - next_);
        timer_.arm(loop_.now() + (deadline_ - loop_.now()) / left);
        ++next_;
        handler_.on_connecting(peer);
        if (step_ == Step::idle) {
            return;  // cancelled by what it was told
        }
        const Result<void> begun = try_address(peer);
        if (begun) {
            return;
        }
        drop_socket();
        last_error_ = begun.error();
    }
    fail(*last_error_);
}

Result<void> Connector::try_address(const SocketAddress& peer) {
    Result<sys::Descriptor> socket = sys::open_socket(peer.family);
    if (!socket) {
        return socket.error();
    }
    if (Result<void> applied = apply(options_.socket, *socket, peer.family); !applied) {
        return applied;
    }
    if (Result<void> bound = bind_local(*socket, peer.family); !bound) {
        return bound;
    }
    const Result<sys::ConnectProgress> progress = sys::connect(*socket, peer);
    if (!progress) {
        return connect_error(progress.error().system_error());
    }
    socket_ = *std::move(socket);
    // Also when it is connected already: it is then writable at the next turn.
    return loop_.state().poller.add(socket_, {.writable = true}, token_);
}

Result<void> Connector::bind_local(const sys::Descriptor& socket, SocketAddress::Family family) {
    if (!options_.local_address) {
        return {};
    }
    const Result<SocketAddress> local = numeric(*options_.local_address);
    if (!local) {
        return local.error();
    }
    if (local->family != family) {
        return Error(Errc::address_unavailable, "local_address is of another address family");
    }
    return sys::bind(socket, *local);
}

void Connector::on_ready(const sys::Readiness& readiness) {
    if (!readiness.writable) {
        return;
    }
    if (step_ == Step::connecting) {
        on_decided();
    } else if (step_ == Step::greeting) {
        greet();
    }
}

void Connector::on_decided() {
    if (const int error = sys::take_error(socket_); error != 0) {
        give_up_address(connect_error(error));
        return;
    }
    if (!sys::peer_address(socket_)) {
        return;  // reported ready although nothing is decided yet
    }
    if (is_connected_to_itself(socket_, addresses_[next_ - 1])) {
        give_up_address(Error(Errc::connection_refused, "nobody listens there"));
        return;
    }
    step_ = Step::greeting;
    greeted_bytes_ = 0;
    timer_.arm(deadline_);
    greet();
}

void Connector::greet() {
    const std::span<const std::byte> left = std::span(options_.on_connect).subspan(greeted_bytes_);
    if (!left.empty()) {
        const iovec piece{const_cast<std::byte*>(left.data()), left.size()};
        const sys::IoResult result = sys::send(socket_, {&piece, 1});
        if (result.status == sys::IoStatus::failed) {
            step_ = Step::connecting;
            give_up_address(Error::from_errno(result.error));
            return;
        }
        greeted_bytes_ += result.bytes;
        if (result.bytes < left.size()) {
            return;  // the rest when it is writable again
        }
    }
    const SocketAddress peer = addresses_[next_ - 1];
    loop_.state().poller.remove(socket_);
    sys::Descriptor socket = std::move(socket_);
    cancel();
    handler_.on_connected(std::move(socket), peer);
}

void Connector::on_timeout() {
    const Error silence(Errc::connect_timeout);
    if (step_ == Step::connecting) {
        give_up_address(silence);
    } else {
        fail(silence);
    }
}

void Connector::give_up_address(Error reason) {
    last_error_ = std::move(reason);
    drop_socket();
    try_next();
}

void Connector::drop_socket() noexcept {
    if (socket_.is_open()) {
        loop_.state().poller.remove(socket_);
        socket_.close();
    }
}

void Connector::fail(const Error& reason) {
    cancel();
    handler_.on_failed(reason);
}

}  // namespace sluice::net
