/// What `sluice cat` received, on its way to standard output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/cat.hpp"
#include "sluice/net/packet.hpp"
#include "sluice/sys/file.hpp"

namespace sluice::cli {

struct CatPacket {
    net::Packet packet;
    std::uint64_t connection = 0;
};

/// Writes packets in the chosen format; raw ones straight from the slabs they were received into.
class CatOutput final {
  public:
    CatOutput(CatFormat format, const sys::Descriptor& file) : format_(format), file_(file) {}

    /// Returns 0, or the errno of a failed write.
    template <typename Packets>
    [[nodiscard]] int write(Packets& packets) {
        begin();
        for (CatPacket& packet : packets) {
            add(packet);
        }
        return finish();
    }

  private:
    void begin();
    void add(const CatPacket& packet);
    [[nodiscard]] int finish();

    const CatFormat format_;
    const sys::Descriptor& file_;
    std::vector<iovec> pieces_;
    std::string text_;
};

}  // namespace sluice::cli
