#include "sluice/messages/egress_packet.hpp"

namespace sluice {

void EgressPacket::assign(std::span<const std::byte> bytes) {
    data.assign(bytes.begin(), bytes.end());
    fragments.clear();
}

void EgressPacket::assign(std::string_view text) {
    assign(std::as_bytes(std::span(text)));
}

std::size_t EgressPacket::payload_b() const noexcept {
    std::size_t bytes = data.size();
    for (const Buffer& fragment : fragments) {
        bytes += fragment.size();
    }
    return bytes;
}

std::size_t EgressPacket::charge_b() const noexcept {
    return payload_b() + fragments.size() * sizeof(Buffer) + sizeof(EgressPacket);
}

void EgressPacket::clear() noexcept {
    data.clear();
    fragments.clear();
}

const StructDescription& describe(TypeTag<EgressPacket>) {
    static const StructDescription description =
        Describer<EgressPacket>("EgressPacket",
                                "One message for a device: the data, then the fragments.")
            .field("data", &EgressPacket::data, "The first bytes; base64 in JSON.")
            .field("fragments", &EgressPacket::fragments, "What follows; base64 in JSON.");
    return description;
}

}  // namespace sluice
