#include <algorithm>

#include "sluice/framing/frame_decoder.hpp"

namespace sluice {
namespace {

struct Greeting {
    std::string_view begin;
    std::string_view protocol;
};

constexpr Greeting greetings[] = {
    {"GET ", "HTTP"},       {"POST ", "HTTP"},    {"PUT ", "HTTP"},   {"HEAD ", "HTTP"},
    {"DELETE ", "HTTP"},    {"OPTIONS ", "HTTP"}, {"PATCH ", "HTTP"}, {"CONNECT ", "HTTP"},
    {"PRI * HTTP", "HTTP"}, {"HTTP/", "HTTP"},    {"SSH-", "SSH"},    {"\x16\x03", "TLS"},
};

}  // namespace

std::string_view likely_protocol(const FramingIncident& incident) noexcept {
    const std::string_view front(reinterpret_cast<const char*>(incident.front.data()),
                                 incident.front_b);
    const auto* const found = std::ranges::find_if(
        greetings, [&](const Greeting& greeting) { return front.starts_with(greeting.begin); });
    const bool is_known = incident.stream_offset == 0 && found != std::end(greetings);
    return is_known ? found->protocol : std::string_view();
}

}  // namespace sluice
