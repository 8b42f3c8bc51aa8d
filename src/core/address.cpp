#include "sluice/core/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace sluice {
namespace {

constexpr std::size_t name_bytes_max = 253;  // RFC 1035, 2.3.4, without the final dot
constexpr std::size_t label_bytes_max = 63;  // RFC 1035, 2.3.4
constexpr std::size_t path_bytes_max = 107;  // sockaddr_un::sun_path less its final NUL
constexpr std::size_t scope_bytes_max = 15;  // IFNAMSIZ less its final NUL
constexpr std::size_t shown_bytes_max = 80;  // of a bad address, in its error message

/// The text in quotes, shortened, with anything unprintable as \xNN: it may go to a terminal.
std::string quoted(std::string_view text) {
    std::string shown = "\"";
    for (const char c : text.substr(0, shown_bytes_max)) {
        if (c >= 0x20 && c < 0x7f) {
            shown += c;
        } else {
            constexpr std::string_view digits = "0123456789abcdef";
            const auto byte = static_cast<unsigned char>(c);
            shown += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
        }
    }
    return shown + (text.size() > shown_bytes_max ? "...\"" : "\"");
}

Error bad_address(std::string_view text, const std::string& why) {
    return Error(Errc::invalid_address,
                 quoted(text) + ": " + why + "; allowed are " + std::string(address_forms));
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/// Why `name` is no host name, or nothing.
std::optional<std::string> name_fault(std::string_view name) {
    if (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    if (name.empty()) {
        return "the host is missing";
    }
    if (name.size() > name_bytes_max) {
        return "a host name has at most 253 bytes, this one has " + std::to_string(name.size());
    }
    while (true) {
        const std::size_t dot = name.find('.');
        const std::string_view label = name.substr(0, dot);
        if (label.empty()) {
            return "a host name has no empty labels";
        }
        if (label.size() > label_bytes_max) {
            return "a label of a host name has at most 63 bytes";
        }
        if (!std::all_of(label.begin(), label.end(), is_name_character)) {
            return "a host name has letters, digits, '-' and '_' only (international names in "
                   "their xn-- form)";
        }
        if (dot == std::string_view::npos) {
            return std::nullopt;
        }
        name.remove_prefix(dot + 1);
    }
}

bool looks_like_ipv4(std::string_view host) {
    return host.find_first_of("0123456789") != std::string_view::npos &&
           host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// Why TCP cannot connect to this IPv4 address, or nothing.
std::optional<std::string> ipv4_fault(const std::array<std::uint8_t, 16>& ip) {
    if (ip[0] >= 224 && ip[0] < 240) {
        return "TCP cannot connect to a multicast address";
    }
    if (ip[0] == 255 && ip[1] == 255 && ip[2] == 255 && ip[3] == 255) {
        return "TCP cannot connect to the broadcast address";
    }
    return std::nullopt;
}

bool is_v4_mapped(const std::array<std::uint8_t, 16>& ip) {
    return std::all_of(ip.begin(), ip.begin() + 10, [](std::uint8_t b) { return b == 0; }) &&
           ip[10] == 0xff && ip[11] == 0xff;
}

/// Why `scope` cannot be the scope of `ip`, or nothing.
std::optional<std::string> scope_fault(const std::array<std::uint8_t, 16>& ip,
                                       std::string_view scope, bool has_scope) {
    const bool link_local = ip[0] == 0xfe && (ip[1] & 0xc0U) == 0x80;
    if (link_local && !has_scope) {
        return "a link-local address needs its interface, as in [fe80::1%eth0]:PORT";
    }
    if (!has_scope) {
        return std::nullopt;
    }
    if (!link_local) {
        return "only a link-local address (fe80::/10) has an interface behind '%'";
    }
    if (scope.find_first_not_of("0123456789") == std::string_view::npos) {
        std::uint32_t number = 0;
        const auto parsed = std::from_chars(scope.data(), scope.data() + scope.size(), number);
        if (scope.empty() || parsed.ec != std::errc{} || number == 0) {
            return "the number of an interface is from 1 to 4294967295";
        }
        return std::nullopt;
    }
    const bool printable = std::all_of(scope.begin(), scope.end(), [](char c) {
        return c > 0x20 && c < 0x7f && c != '/' && c != ']' && c != '[' && c != '%';
    });
    if (!printable || scope.size() > scope_bytes_max) {
        return "the name of an interface has 1 to 15 printable characters";
    }
    return std::nullopt;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) {
        return std::nullopt;
    }
    return port;
}

std::string ip_text(int family, const std::array<std::uint8_t, 16>& ip) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(family, ip.data(), text.data(), text.size());
    return text.data();
}

}  // namespace

std::string SocketAddress::to_string() const {
    switch (family) {
        case Family::unix_path:
            return "unix:" + path;
        case Family::ipv4:
            return ip_text(AF_INET, ip) + ":" + std::to_string(port);
        case Family::ipv6:
            break;
    }
    const std::string scope = scope_id == 0 ? "" : "%" + std::to_string(scope_id);
    return "[" + ip_text(AF_INET6, ip) + scope + "]:" + std::to_string(port);
}

bool SocketAddress::is_loopback() const noexcept {
    constexpr std::array<std::uint8_t, 16> ipv6_loopback{0, 0, 0, 0, 0, 0, 0, 0,
                                                         0, 0, 0, 0, 0, 0, 0, 1};
    switch (family) {
        case Family::unix_path:
            return true;
        case Family::ipv4:
            return ip[0] == 127;
        case Family::ipv6:
            break;
    }
    return ip == ipv6_loopback;
}

Result<Address> Address::parse(std::string_view text) {
    Address address;
    if (text.starts_with("unix:")) {
        const std::string_view path = text.substr(5);
        if (path.empty() || path.size() > path_bytes_max ||
            path.find('\0') != std::string_view::npos) {
            return bad_address(text, "the path of a Unix socket has 1 to 107 bytes and no NUL");
        }
        address.kind_ = Kind::unix_path;
        address.path_ = path;
        return address;
    }

    const std::size_t colon = text.rfind(':');
    const std::size_t bracket = text.rfind(']');
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
        return bad_address(text, "the port is missing");
    }
    const std::optional<std::uint16_t> port = parse_port(text.substr(colon + 1));
    if (!port) {
        return bad_address(text, "the port is a number from 0 to 65535");
    }
    address.port_ = *port;
    std::string_view host = text.substr(0, colon);

    std::array<std::uint8_t, 16> ip{};
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        const std::size_t percent = host.find('%');
        const bool has_scope = percent != std::string_view::npos;
        const std::string_view scope = has_scope ? host.substr(percent + 1) : std::string_view();
        if (host.find('\0') != std::string_view::npos ||
            ::inet_pton(AF_INET6, std::string(host.substr(0, percent)).c_str(), ip.data()) != 1) {
            return bad_address(text, "no IPv6 address between the brackets");
        }
        if (auto fault = scope_fault(ip, scope, has_scope)) {
            return bad_address(text, *fault);
        }
        if (ip[0] == 0xff) {
            return bad_address(text, "TCP cannot connect to a multicast address");
        }
        if (!is_v4_mapped(ip)) {
            address.kind_ = Kind::ipv6;
            address.host_ = ip_text(AF_INET6, ip);
            address.scope_ = scope;
            return address;
        }
        std::copy(ip.begin() + 12, ip.end(), ip.begin());
    } else if (host.find(':') != std::string_view::npos) {
        return bad_address(text, "an IPv6 address stands in brackets");
    } else if (looks_like_ipv4(host)) {
        if (::inet_pton(AF_INET, std::string(host).c_str(), ip.data()) != 1) {
            return bad_address(text, "an IPv4 address has four numbers from 0 to 255");
        }
    } else {
        if (auto fault = name_fault(host)) {
            return bad_address(text, *fault);
        }
        address.host_ = host;
        return address;
    }

    if (auto fault = ipv4_fault(ip)) {
        return bad_address(text, *fault);
    }
    address.kind_ = Kind::ipv4;
    address.host_ = ip_text(AF_INET, ip);
    return address;
}

SocketAddress Address::numeric(std::uint32_t scope_id) const {
    SLUICE_CHECK(kind_ != Kind::name, "a name must be resolved first");
    SocketAddress result;
    result.port = port_;
    result.path = path_;
    switch (kind_) {
        case Kind::ipv4:
            ::inet_pton(AF_INET, host_.c_str(), result.ip.data());
            break;
        case Kind::ipv6:
            result.family = SocketAddress::Family::ipv6;
            result.scope_id = scope_id;
            ::inet_pton(AF_INET6, host_.c_str(), result.ip.data());
            break;
        default:
            result.family = SocketAddress::Family::unix_path;
    }
    return result;
}

std::string Address::to_string() const {
    if (kind_ == Kind::unix_path) {
        return "unix:" + path_;
    }
    const std::string port = ":" + std::to_string(port_);
    if (kind_ != Kind::ipv6) {
        return host_ + port;
    }
    return "[" + host_ + (scope_.empty() ? "" : "%" + scope_) + "]" + port;
}

}  // namespace sluice
