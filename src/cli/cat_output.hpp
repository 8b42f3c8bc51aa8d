/// What `sluice cat` received, on its way to standard output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cli/cat.hpp"
#include "sluice/net/packet.hpp"
#include "sluice/sys/file.hpp"

namespace sluice::cli {

struct CatPacket {
    net::Packet packet;
    std::uint64_t connection = 0;
    /// If there are any, they are what is written: `packet` has no data, and tells when they came.
    FrameBatch frames{};

    [[nodiscard]] std::size_t bytes() const noexcept {
        return packet.data.size() + frames.bytes().size();
    }
};

/// Writes packets in the chosen format; raw ones straight from the slabs they were received into.
class CatOutput final {
  public:
    CatOutput(CatFormat format, const sys::Descriptor& file) : format_(format), file_(file) {}

    /// Returns 0, or the errno of a failed write.
    template <typename Packets>
    [[nodiscard]] int write(Packets& packets) {
        for (const CatPacket& packet : packets) {
            add(packet);
        }
        flush();
        return error_;
    }

  private:
    void add(const CatPacket& packet);
    void add(const Frame& frame, SystemTime receive_time);
    void add_raw(std::span<const std::byte> bytes);
    void flush();

    const CatFormat format_;
    const sys::Descriptor& file_;
    std::vector<iovec> pieces_;  // of memory that stays until the next flush, in front of
    std::string text_;
    int error_ = 0;
};

}  // namespace sluice::cli
