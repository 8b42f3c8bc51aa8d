/// What can go wrong, as a value: a documented code, the kernel's number, and a text for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

/// Every expected failure of the library. The names (`name()`) are a contract: statistics count
/// disconnects and drops under them.
enum class Errc : std::uint8_t {
    // The caller's input.
    invalid_argument,  ///< A value outside its documented range; the detail says which.
    invalid_address,   ///< A text that is no address; the detail says what is allowed.
    // Getting a connection.
    resolve_failed,      ///< The name has no address, or nobody could be asked.
    no_interface,        ///< The scope of an IPv6 address names no interface of this machine (yet).
    connection_refused,  ///< Nobody listens there.
    unreachable,         ///< No route, or the network says that the host is not there.
    connect_timeout,     ///< No answer from any of the addresses in time.
    address_in_use,      ///< Somebody else listens on this address.
    address_unavailable,  ///< The local address is not one of this machine.
    permission_denied,    ///< The operating system does not allow it; the detail says what would.
    // The end of a connection.
    peer_closed,       ///< The peer ended its side in an orderly way.
    connection_reset,  ///< The peer, or something between, tore the connection down.
    peer_dead,         ///< The peer no longer acknowledges (keepalive, TCP_USER_TIMEOUT).
    data_timeout,      ///< No data arrived within `data_receive_timeout`.
    send_stalled,      ///< The peer lives but read nothing within `send_stall_timeout`.
    bad_frame,         ///< It sent what is no frame, and the framing's policy is to close.
    frame_timeout,     ///< The rest of a frame did not come within `frame_timeout`.
    stopped,           ///< This side was told to stop.
    // The caller's moment.
    would_block,    ///< No room (or no data) now; later there may be.
    timed_out,      ///< The time that the caller allowed is over.
    not_connected,  ///< There is no connection, and the policy is not to wait for one.
    too_large,      ///< Larger than the limit could ever hold.
    closed,         ///< The queue, pool or object was closed.
    // The machine.
    limit_reached,  ///< Descriptors, or another limit of the process, are used up.
    out_of_memory,  ///< The kernel gave no memory.
    system,         ///< Anything else; `system_error()` has the errno.
};

/// How many codes there are; they count from 0.
inline constexpr std::size_t errc_count = static_cast<std::size_t>(Errc::system) + 1;

/// The enumerator's own name, such as "connection_reset".
[[nodiscard]] std::string_view name(Errc code) noexcept;

/// The code that best describes an errno value of a socket or file operation.
[[nodiscard]] Errc errc_from_errno(int error_number) noexcept;

/// A failure. Small enough to return; it allocates only when it carries a detail.
class Error {
  public:
    /// `system_error` is an errno value, or 0. `detail` says what was given and what is allowed.
    explicit Error(Errc code, int system_error = 0) : code_(code), system_error_(system_error) {}
    Error(Errc code, std::string detail) : code_(code), detail_(std::move(detail)) {}

    /// The failure of a system call, from its errno.
    [[nodiscard]] static Error from_errno(int error_number) {
        return Error(errc_from_errno(error_number), error_number);
    }

    [[nodiscard]] Errc code() const noexcept { return code_; }
    [[nodiscard]] int system_error() const noexcept { return system_error_; }
    [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

    /// One line for people: the code's meaning, the detail, and the kernel's words where they add
    /// something.
    [[nodiscard]] std::string message() const;

  private:
    Errc code_;
    int system_error_ = 0;
    std::string detail_;
};

}  // namespace sluice
