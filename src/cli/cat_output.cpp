#include "cli/cat_output.hpp"

#include <sys/uio.h>

#include <cerrno>

#include "cli/packet_format.hpp"

namespace sluice::cli {

bool CatOutput::write_now(net::Packet& packet) {
    if (!takes_now_) {
        return false;
    }
    const std::span<const std::byte> bytes = packet.data.bytes();
    const iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
    const ssize_t put = ::pwritev2(file_.number(), &piece, 1, -1, RWF_NOWAIT);
    if (put < 0) {
        takes_now_ = errno == EAGAIN;  // an error of the file itself comes again in `write`
        return false;
    }
    const auto written = static_cast<std::size_t>(put);
    if (written < bytes.size()) {
        packet.data = packet.data.slice(written, bytes.size() - written);
    }
    return written == bytes.size();
}

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
