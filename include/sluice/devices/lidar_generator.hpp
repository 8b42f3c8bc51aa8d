/// A spinning lidar with 16 lasers, in the packets of a Velodyne VLP-16.
///
///     offset    0         100                 1100       1200        1204     1206
///               +---------+-------- ... ------+----------+-----------+--------+
///               | block 0 | block 1           | block 11 | timestamp | 37 22  |
///               +---------+-------- ... ------+----------+-----------+--------+
///
///     block:    0         2         4         7                  97         100
///               +---------+---------+---------+------- ... ------+----------+
///               | ff ee   | azimuth | point 0 | point 1          | point 31 |
///               +---------+---------+---------+------- ... ------+----------+
///
/// All numbers are unsigned and little-endian. The azimuth has 2 bytes, in 1/100 degree, 0 to
/// 35,999. A point is a distance of 2 bytes, in 2 mm (0: no return), and a reflectivity of 1 byte.
/// Points 0 to 15 are the lasers at the block's azimuth, 16 to 31 the same lasers 55.296 us later.
/// The timestamp has 4 bytes, in microseconds since the full hour, of the packet's first point.
/// 37 22 says: strongest return, VLP-16.
#pragma once

#include <vector>

#include "sluice/devices/generator.hpp"

namespace sluice::devices {

inline constexpr std::size_t lidar_packet_bytes = 1206;
inline constexpr std::size_t lidar_block_bytes = 100;
inline constexpr std::size_t lidar_blocks = 12;
inline constexpr std::size_t lidar_points = 32;  ///< Of a block.
/// The time of one block, as in the VLP-16: 754 packets a second.
inline constexpr std::uint64_t lidar_block_ns = 110'592;

/// Stands in a rectangular hall, 1.8 m above the floor, and turns ten times a second. Message n is
/// the packet that begins n * 12 blocks after a full hour, however fast they are sent.
class LidarGenerator final : public Generator {
  public:
    LidarGenerator();

    [[nodiscard]] std::size_t message_bytes_max() const noexcept override {
        return lidar_packet_bytes;
    }
    [[nodiscard]] Written write(std::uint64_t number, std::uint64_t messages_max,
                                std::span<std::byte> target) const override;

  private:
    void write_packet(std::uint64_t number, std::span<std::byte> packet) const;
    void write_firing(std::size_t azimuth, std::byte* points) const;

    std::vector<std::uint16_t> walls_;  // the horizontal distance to the wall, by azimuth
};

}  // namespace sluice::devices
