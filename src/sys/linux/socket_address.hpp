/// Between SocketAddress and the kernel's sockaddr. Private to sys/linux.
#pragma once

#include <sys/socket.h>

#include "sluice/core/address.hpp"

namespace sluice::sys {

struct KernelAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] const sockaddr* get() const noexcept;
    [[nodiscard]] sockaddr* get() noexcept;
};

[[nodiscard]] int kernel_family(SocketAddress::Family family) noexcept;
[[nodiscard]] KernelAddress to_kernel(const SocketAddress& address) noexcept;
/// An address of a family that Sluice does not know becomes an unnamed Unix socket.
[[nodiscard]] SocketAddress from_kernel(const KernelAddress& address);

}  // namespace sluice::sys
