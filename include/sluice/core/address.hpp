/// Addresses: as a user writes them (Address) and as a socket takes them (SocketAddress).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/core/result.hpp"

namespace sluice {

/// A numeric endpoint: what a name resolves to and what a socket connects to.
struct SocketAddress {
    enum class Family : std::uint8_t { ipv4, ipv6, unix_path };

    Family family = Family::ipv4;
    std::array<std::uint8_t, 16> ip{};  ///< Network order; IPv4 uses the first four bytes.
    std::uint16_t port = 0;             ///< Host order.
    std::uint32_t scope_id = 0;         ///< Interface index of a link-local IPv6 address, or 0.
    std::string path;                   ///< Of a Unix socket; at most 107 bytes.

    /// `127.0.0.1:80`, `[::1]:80`, `[fe80::1%2]:80` (the scope as its number), `unix:/path`.
    [[nodiscard]] std::string to_string() const;

    /// Whether it is an address of this machine only: 127.0.0.0/8, ::1, or a Unix socket.
    [[nodiscard]] bool is_loopback() const noexcept;

    friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};

/// An address as it stands in a configuration or on a command line, checked but not resolved:
///
///     sensor.local:7502   192.168.1.201:7502   [fe80::1%eth0]:7502   unix:/run/device.sock
///
/// `to_string()` gives back a text that parses to an equal Address.
class Address {
  public:
    enum class Kind : std::uint8_t { name, ipv4, ipv6, unix_path };

    /// Fails with `invalid_address`; the detail says what was given and what is allowed. Refused:
    /// a missing port; names over 253 bytes, with empty labels or labels over 63 bytes, or with
    /// anything but letters, digits, `-` and `_` (an international name must be given in its
    /// `xn--` form); broadcast and multicast addresses, to which TCP cannot connect; `fe80::/10`
    /// without a scope, and a scope on anything else; a numeric scope above 2^32-1; NUL bytes.
    /// An IPv4-mapped IPv6 address becomes the IPv4 address that it stands for.
    [[nodiscard]] static Result<Address> parse(std::string_view text);

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    /// The name, or the numeric address without brackets and scope; empty for a Unix socket.
    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    /// The scope of a link-local address, by interface name or number; else empty.
    [[nodiscard]] const std::string& scope() const noexcept { return scope_; }
    /// 0 only makes sense to listen: "any free port".
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// The path of a Unix socket; else empty.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// The numeric endpoint of an address that needs no resolving. `scope_id` is the number of the
    /// interface that `scope()` names; `sys` knows it. REQUIRES: kind() != Kind::name.
    [[nodiscard]] SocketAddress numeric(std::uint32_t scope_id = 0) const;

    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const Address&, const Address&) = default;

  private:
    Kind kind_ = Kind::name;
    std::uint16_t port_ = 0;
    std::string host_;
    std::string scope_;
    std::string path_;
};

/// One form for the examples in error messages and in `--help`.
inline constexpr std::string_view address_forms =
    "HOST:PORT, 192.0.2.1:PORT, [2001:db8::1]:PORT, [fe80::1%eth0]:PORT or unix:/PATH";

}  // namespace sluice
