#include <string>

#include "devices/framed_generator.hpp"
#include "sluice/devices/device_server.hpp"

namespace sluice::devices {
namespace {

constexpr double rate_hz_min = 0.001;
constexpr double rate_hz_max = 1'000'000;
constexpr std::size_t clients_max_max = 1024;

}  // namespace

std::string_view name(DeviceKind kind) noexcept {
    switch (kind) {
        case DeviceKind::nmea:
            return "nmea";
        case DeviceKind::lidar:
            return "lidar";
        case DeviceKind::counter:
            break;
    }
    return "counter";
}

double default_rate_hz(DeviceKind kind) noexcept {
    switch (kind) {
        case DeviceKind::nmea:
            return 10;
        case DeviceKind::lidar:
            return 754;
        case DeviceKind::counter:
            break;
    }
    return 1000;
}

Result<void> validate(const DeviceOptions& options) {
    const double rate_hz = options.rate_hz.value_or(default_rate_hz(options.kind));
    const bool may_be_0 = options.kind != DeviceKind::nmea;
    if (!(rate_hz >= rate_hz_min && rate_hz <= rate_hz_max) && !(may_be_0 && rate_hz == 0)) {
        return Error(Errc::invalid_argument,
                     "rate_hz " + std::to_string(rate_hz) + "; allowed are 0.001 to 1000000" +
                         (may_be_0 ? ", and 0 (as fast as the client takes it)" : ""));
    }
    if (options.clients_max < 1 || options.clients_max > clients_max_max) {
        return Error(Errc::invalid_argument, "clients_max " + std::to_string(options.clients_max) +
                                                 "; allowed are 1 to 1024");
    }
    if (options.framing) {
        if (Result<void> carried = check_framing(options.kind, *options.framing); !carried) {
            return carried;
        }
        if (rate_hz == 0 && make_framer(*options.framing)->is_escaped()) {
            return Error(Errc::invalid_argument, "rate_hz 0; with framing " +
                                                     options.framing->to_string() +
                                                     " allowed are 0.001 to 1000000");
        }
    }
    return net::validate(options.socket);
}

}  // namespace sluice::devices
