#include "cli/cat_output.hpp"

#include "cli/packet_format.hpp"

namespace sluice::cli {
namespace {

constexpr std::size_t pieces_max = 1000;  // write_all takes 1,024
constexpr std::size_t text_bytes_max = std::size_t{256} * 1024;
// Shorter payloads are copied, so that one piece is many of them.
constexpr std::size_t copied_below = 4096;

}  // namespace

void CatOutput::add(const CatPacket& packet) {
    if (!packet.frames.empty()) {
        FrameReader reader(packet.frames);
        while (const Frame* frame = reader.next()) {
            add(*frame, packet.packet.receive_time);
        }
        return;
    }
    switch (format_) {
        case CatFormat::raw:
            add_raw(packet.packet.data.bytes());
            break;
        case CatFormat::hex:
            append_hex(text_, packet.packet);
            break;
        case CatFormat::json:
            append_json(text_, packet.packet, packet.connection);
            break;
    }
}

void CatOutput::add(const Frame& frame, SystemTime receive_time) {
    switch (format_) {
        case CatFormat::raw:
            if (frame.payload.size() >= copied_below) {
                add_raw(frame.payload);
                return;
            }
            text_.append(reinterpret_cast<const char*>(frame.payload.data()), frame.payload.size());
            break;
        case CatFormat::hex:
            append_hex(text_, frame);
            break;
        case CatFormat::json:
            append_json(text_, frame, receive_time);
            break;
    }
    if (text_.size() >= text_bytes_max) {
        flush();
    }
}

/// Behind what is text so far.
void CatOutput::add_raw(std::span<const std::byte> bytes) {
    if (!text_.empty() || pieces_.size() == pieces_max) {
        flush();
    }
    // writev does not write to what it is given.
    pieces_.push_back({const_cast<std::byte*>(bytes.data()), bytes.size()});
}

void CatOutput::flush() {
    if (!text_.empty()) {
        pieces_.push_back({text_.data(), text_.size()});
    }
    if (error_ == 0 && !pieces_.empty()) {
        error_ = sys::write_all(file_, pieces_).error;
    }
    pieces_.clear();
    text_.clear();
}

}  // namespace sluice::cli
