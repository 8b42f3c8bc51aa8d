#include "cli/cat_output.hpp"

#include "cli/packet_format.hpp"

namespace sluice::cli {

void CatOutput::begin() {
    pieces_.clear();
    text_.clear();
}

void CatOutput::add(const CatPacket& packet) {
    switch (format_) {
        case CatFormat::raw: {
            const std::span<const std::byte> bytes = packet.packet.data.bytes();
            // writev does not write to what it is given.
            pieces_.push_back({const_cast<std::byte*>(bytes.data()), bytes.size()});
            break;
        }
        case CatFormat::hex:
            append_hex(text_, packet.packet);
            break;
        case CatFormat::json:
            append_json(text_, packet.packet, packet.connection);
            break;
    }
}

int CatOutput::finish() {
    if (!text_.empty()) {
        pieces_.push_back({text_.data(), text_.size()});
    }
    return sys::write_all(file_, pieces_).error;
}

}  // namespace sluice::cli
