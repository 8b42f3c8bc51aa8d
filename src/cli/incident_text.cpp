#include "cli/incident_text.hpp"

#include <algorithm>

#include "cli/packet_format.hpp"

namespace sluice::cli {
namespace {

constexpr std::size_t shown_b_max = 16;

}  // namespace

std::string incident_text(const FramingIncident& incident) {
    std::string text(name(incident.fault));
    text += " at offset " + std::to_string(incident.stream_offset);
    if (incident.fault == FrameFault::lost_sync) {
        text += ": no frame within " + std::to_string(incident.limit_b) + " bytes";
    }
    if (incident.claimed_b > 0) {
        text += ": claims " + std::to_string(incident.claimed_b) + " bytes";
        if (incident.claimed_b > incident.limit_b) {
            text += ", the maximum is " + std::to_string(incident.limit_b);
        }
    }
    return text;
}

std::string front_text(const FramingIncident& incident) {
    std::string text;
    if (incident.front_b > 0) {
        const std::size_t shown_b = std::min(incident.front_b, shown_b_max);
        text += "; begins with";
        for (const std::byte byte : std::span(incident.front).first(shown_b)) {
            text += ' ';
            append_hex_byte(text, byte);
        }
        text += shown_b < incident.front_b ? " .." : "";
    }
    if (const std::string_view protocol = likely_protocol(incident); !protocol.empty()) {
        text += "; looks like " + std::string(protocol);
    }
    return text;
}

std::string faults_text(const FramingLedger& ledger) {
    std::string text;
    for (std::size_t i = 0; i < frame_fault_count; ++i) {
        if (ledger.incidents[i] > 0) {
            text += text.empty() ? "" : ", ";
            text += std::string(name(static_cast<FrameFault>(i))) + " " +
                    std::to_string(ledger.incidents[i]);
        }
    }
    return text;
}

}  // namespace sluice::cli
