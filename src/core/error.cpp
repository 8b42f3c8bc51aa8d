#include "sluice/core/error.hpp"

#include <array>
#include <cerrno>
#include <cstring>

namespace sluice {
namespace {

struct Description {
    std::string_view name;
    std::string_view meaning;
};

constexpr std::array<Description, errc_count> descriptions{{
    {"invalid_argument", "invalid argument"},
    {"invalid_address", "invalid address"},
    {"resolve_failed", "the name does not resolve"},
    {"no_interface", "no such network interface"},
    {"connection_refused", "connection refused"},
    {"unreachable", "unreachable"},
    {"connect_timeout", "no answer in time"},
    {"address_in_use", "address already in use"},
    {"address_unavailable", "not an address of this machine"},
    {"permission_denied", "permission denied"},
    {"peer_closed", "closed by the peer"},
    {"connection_reset", "connection reset"},
    {"peer_dead", "the peer no longer answers"},
    {"data_timeout", "no data in time"},
    {"send_stalled", "the peer reads nothing"},
    {"bad_frame", "the peer sent what is no frame"},
    {"frame_timeout", "the rest of a frame did not come in time"},
    {"stopped", "stopped"},
    {"would_block", "no room now"},
    {"timed_out", "timed out"},
    {"not_connected", "not connected"},
    {"too_large", "too large"},
    {"closed", "closed"},
    {"limit_reached", "a limit of the process is reached"},
    {"out_of_memory", "out of memory"},
    {"system", "system error"},
}};

/// Whether the kernel's words say more than the code: it stands for several of its errors.
bool needs_kernel_words(Errc code) noexcept {
    switch (code) {
        case Errc::unreachable:
        case Errc::permission_denied:
        case Errc::invalid_argument:
        case Errc::limit_reached:
        case Errc::out_of_memory:
        case Errc::system:
            return true;
        default:
            return false;
    }
}

const Description& describe(Errc code) noexcept {
    return descriptions[static_cast<std::size_t>(code)];
}

}  // namespace

std::string_view name(Errc code) noexcept {
    return describe(code).name;
}

Errc errc_from_errno(int error_number) noexcept {
    switch (error_number) {
        case ECONNREFUSED:
        case ENOENT:
            return Errc::connection_refused;  // ENOENT: a Unix socket that is not there
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
        case EHOSTDOWN:
            return Errc::unreachable;
        case EADDRINUSE:
            return Errc::address_in_use;
        case EADDRNOTAVAIL:
            return Errc::address_unavailable;
        case EACCES:
        case EPERM:
            return Errc::permission_denied;
        case ECONNRESET:
        case ECONNABORTED:
        case EPIPE:
            return Errc::connection_reset;
        case ETIMEDOUT:
            return Errc::peer_dead;
        case EAGAIN:
        case EINPROGRESS:
            return Errc::would_block;
        case EMFILE:
        case ENFILE:
            return Errc::limit_reached;
        case ENOMEM:
        case ENOBUFS:
            return Errc::out_of_memory;
        case EINVAL:
            return Errc::invalid_argument;
        case ENODEV:
            return Errc::no_interface;
        default:
            return Errc::system;
    }
}

std::string Error::message() const {
    std::string text(describe(code_).meaning);
    if (!detail_.empty()) {
        text += ": " + detail_;
    }
    if (system_error_ != 0 && needs_kernel_words(code_)) {
        // strerrordesc_np is thread-safe, has no buffer and does not depend on the locale.
        const char* words = ::strerrordesc_np(system_error_);
        text +=
            " (errno " + std::to_string(system_error_) + ": " + (words ? words : "unknown") + ")";
    }
    return text;
}

}  // namespace sluice
