#include "cli/link_report.hpp"

namespace sluice::cli {
namespace {

std::string milliseconds_text(Duration span) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(span).count();
    return ms < 1000 ? std::to_string(ms) + " ms"
                     : std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
}

}  // namespace

std::string status_line(const net::LinkStatus& status, const Address& address) {
    const std::string reason = status.reason ? status.reason->message() : "stopped";
    switch (status.state) {
        case net::LinkState::resolving:
            return "resolving " + address.host();
        case net::LinkState::connecting:
            return "connecting to " + status.peer->to_string();
        case net::LinkState::up:
            return "connected to " + status.peer->to_string() + " (connection " +
                   std::to_string(status.connection) + ")";
        case net::LinkState::waiting:
            return address.to_string() + ": " + reason + "; trying again in " +
                   milliseconds_text(status.retry_after);
        default:
            return address.to_string() + ": " + reason;
    }
}

}  // namespace sluice::cli
