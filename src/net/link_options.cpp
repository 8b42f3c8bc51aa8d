#include <algorithm>
#include <string>

#include "sluice/net/link.hpp"

namespace sluice::net {
namespace {

using std::chrono::milliseconds;

// A day: longer waits are mistakes of a unit, and sums of such times cannot overflow.
constexpr Duration time_max = std::chrono::hours(24);
constexpr std::size_t on_connect_bytes_max = 65'536;

std::string in_ms(Duration span) {
    return std::to_string(std::chrono::duration_cast<milliseconds>(span).count());
}

Result<void> check_time(const char* key, Duration value, Duration min) {
    const bool is_off = value == Duration::zero() && min == Duration::zero();
    if (!is_off && (value < std::max<Duration>(min, milliseconds(1)) || value > time_max)) {
        return Error(Errc::invalid_argument,
                     std::string(key) + " " + in_ms(value) + "; allowed are " +
                         (min == Duration::zero() ? "0 (off) and " : "") + "1 to 86400000");
    }
    return {};
}

Result<void> check_times(const LinkOptions& options) {
    const Duration off_allowed = Duration::zero();
    const Duration required = milliseconds(1);
    struct Entry {
        const char* key;
        Duration value;
        Duration min;
    };
    for (const Entry& entry : {
             Entry{"connect_timeout_ms", options.connect_timeout, required},
             Entry{"reconnect_initial_ms", options.reconnect_initial, required},
             Entry{"reconnect_max_ms", options.reconnect_max, required},
             Entry{"healthy_after_ms", options.healthy_after, required},
             Entry{"data_receive_timeout_ms", options.data_receive_timeout, off_allowed},
             Entry{"send_stall_timeout_ms", options.send_stall_timeout, off_allowed},
         }) {
        if (Result<void> valid = check_time(entry.key, entry.value, entry.min); !valid) {
            return valid;
        }
    }
    if (options.reconnect_initial > options.reconnect_max) {
        return Error(Errc::invalid_argument,
                     "reconnect_initial_ms " + in_ms(options.reconnect_initial) +
                         " is above reconnect_max_ms " + in_ms(options.reconnect_max));
    }
    return {};
}

Result<void> check_addresses(const LinkOptions& options) {
    const Address& address = options.address;
    const bool is_unix = address.kind() == Address::Kind::unix_path;
    if (!is_unix && address.port() == 0) {
        return Error(
            Errc::invalid_address,
            address.to_string() + ": nobody can connect to port 0; allowed are 1 to 65535");
    }
    if (!options.local_address) {
        return {};
    }
    const Address::Kind local = options.local_address->kind();
    if (is_unix || local == Address::Kind::name || local == Address::Kind::unix_path) {
        return Error(Errc::invalid_address,
                     "local_address " + options.local_address->to_string() +
                         "; allowed is a numeric address of this machine, for a device that is "
                         "reached by IP");
    }
    return {};
}

}  // namespace

Result<void> validate(const LinkOptions& options) {
    for (const Result<void>& valid : {check_addresses(options), validate(options.socket),
                                      validate(options.egress), check_times(options)}) {
        if (!valid) {
            return valid;
        }
    }
    if (options.on_connect.size() > on_connect_bytes_max) {
        return Error(Errc::too_large, "on_connect has " +
                                          std::to_string(options.on_connect.size()) +
                                          " bytes; allowed are 65536");
    }
    return {};
}

}  // namespace sluice::net
