#include "socket_address.hpp"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

namespace sluice::sys {
namespace {

template <typename T>
void store(KernelAddress& target, const T& source, std::size_t size = sizeof(T)) {
    static_assert(sizeof(T) <= sizeof(sockaddr_storage));
    std::memcpy(&target.storage, &source, sizeof source);
    target.size = static_cast<socklen_t>(size);
}

template <typename T>
T load(const KernelAddress& source) {
    T target{};
    std::memcpy(&target, &source.storage, sizeof target);
    return target;
}

}  // namespace

const sockaddr* KernelAddress::get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage);
}

sockaddr* KernelAddress::get() noexcept {
    return reinterpret_cast<sockaddr*>(&storage);
}

int kernel_family(SocketAddress::Family family) noexcept {
    switch (family) {
        case SocketAddress::Family::ipv4:
            return AF_INET;
        case SocketAddress::Family::ipv6:
            return AF_INET6;
        case SocketAddress::Family::unix_path:
            break;
    }
    return AF_UNIX;
}

KernelAddress to_kernel(const SocketAddress& address) noexcept {
    KernelAddress kernel;
    switch (address.family) {
        case SocketAddress::Family::ipv4: {
            sockaddr_in in{};
            in.sin_family = AF_INET;
            in.sin_port = htons(address.port);
            std::memcpy(&in.sin_addr, address.ip.data(), sizeof in.sin_addr);
            store(kernel, in);
            break;
        }
        case SocketAddress::Family::ipv6: {
            sockaddr_in6 in6{};
            in6.sin6_family = AF_INET6;
            in6.sin6_port = htons(address.port);
            in6.sin6_scope_id = address.scope_id;
            std::memcpy(&in6.sin6_addr, address.ip.data(), sizeof in6.sin6_addr);
            store(kernel, in6);
            break;
        }
        case SocketAddress::Family::unix_path: {
            sockaddr_un un{};
            un.sun_family = AF_UNIX;
            const std::size_t size = std::min(address.path.size(), sizeof un.sun_path - 1);
            std::memcpy(un.sun_path, address.path.data(), size);
            store(kernel, un, offsetof(sockaddr_un, sun_path) + size + 1);
            break;
        }
    }
    return kernel;
}

SocketAddress from_kernel(const KernelAddress& kernel) {
    SocketAddress address;
    if (kernel.storage.ss_family == AF_INET) {
        const auto in = load<sockaddr_in>(kernel);
        address.port = ntohs(in.sin_port);
        std::memcpy(address.ip.data(), &in.sin_addr, sizeof in.sin_addr);
    } else if (kernel.storage.ss_family == AF_INET6) {
        const auto in6 = load<sockaddr_in6>(kernel);
        address.family = SocketAddress::Family::ipv6;
        address.port = ntohs(in6.sin6_port);
        address.scope_id = in6.sin6_scope_id;
        std::memcpy(address.ip.data(), &in6.sin6_addr, sizeof in6.sin6_addr);
    } else {
        const auto un = load<sockaddr_un>(kernel);
        address.family = SocketAddress::Family::unix_path;
        if (kernel.size > offsetof(sockaddr_un, sun_path)) {
            address.path.assign(un.sun_path, ::strnlen(un.sun_path, sizeof un.sun_path));
        }
    }
    return address;
}

}  // namespace sluice::sys
