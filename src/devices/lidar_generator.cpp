#include "sluice/devices/lidar_generator.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace sluice::devices {
namespace {

constexpr std::size_t azimuths = 36'000;
constexpr std::uint64_t turn_ns = 100'000'000;
constexpr std::uint64_t firing_ns = lidar_block_ns / 2;
constexpr std::uint64_t hour_us = 3'600'000'000;

constexpr std::size_t block_header_bytes = 4;
constexpr std::size_t point_bytes = 3;
constexpr std::size_t lasers = 16;
static_assert(lidar_block_bytes == block_header_bytes + lidar_points * point_bytes);

constexpr double unit_m = 0.002;
constexpr double hall_length_m = 40;  // along azimuth 0
constexpr double hall_width_m = 24;
constexpr double height_m = 1.8;
constexpr std::uint8_t wall_reflectivity = 60;
constexpr std::uint8_t floor_reflectivity = 15;

constexpr double radians(double degrees) {
    return degrees * std::numbers::pi / 180;
}

/// One laser: from the horizontal distance of the wall to what it measures.
struct Laser {
    std::uint64_t slant_q16;    // 1 / cos(elevation), in 1/65536
    std::uint16_t floor_units;  // where it meets the floor; upward: nowhere
};

/// In the order of firing: -15, 1, -13, 3, ... , -1, 15 degrees.
std::array<Laser, lasers> make_lasers() {
    std::array<Laser, lasers> made{};
    for (std::size_t i = 0; i < lasers; ++i) {
        const double elevation = radians((i % 2 == 0 ? -15.0 : 0.0) + static_cast<double>(i));
        made[i].slant_q16 = static_cast<std::uint64_t>(std::lround(65'536 / std::cos(elevation)));
        made[i].floor_units =
            elevation < 0 ? static_cast<std::uint16_t>(std::min(
                                65'535L, std::lround(height_m / unit_m / -std::sin(elevation))))
                          : std::uint16_t{65'535};
    }
    return made;
}

/// The azimuth, in 1/100 degree, at which the lidar looks at this time.
std::size_t azimuth_at(std::uint64_t time_ns) {
    return static_cast<std::size_t>(time_ns % turn_ns * azimuths / turn_ns);
}

void store(std::uint64_t value, std::size_t bytes, std::byte* target) noexcept {
    for (std::size_t i = 0; i < bytes; ++i) {
        target[i] = static_cast<std::byte>(value >> (8 * i));
    }
}

}  // namespace

LidarGenerator::LidarGenerator() : walls_(azimuths) {
    for (std::size_t i = 0; i < azimuths; ++i) {
        const double angle = radians(static_cast<double>(i) / 100);
        const double ahead = hall_length_m / 2 / std::max(1e-9, std::abs(std::cos(angle)));
        const double aside = hall_width_m / 2 / std::max(1e-9, std::abs(std::sin(angle)));
        walls_[i] = static_cast<std::uint16_t>(std::lround(std::min(ahead, aside) / unit_m));
    }
}

Generator::Written LidarGenerator::write(std::uint64_t number, std::uint64_t messages_max,
                                         std::span<std::byte> target) const {
    const std::uint64_t messages =
        std::min<std::uint64_t>(messages_max, target.size() / lidar_packet_bytes);
    for (std::uint64_t i = 0; i < messages; ++i) {
        write_packet(number + i, target.subspan(static_cast<std::size_t>(i) * lidar_packet_bytes,
                                                lidar_packet_bytes));
    }
    return {messages, static_cast<std::size_t>(messages) * lidar_packet_bytes};
}

void LidarGenerator::write_packet(std::uint64_t number, std::span<std::byte> packet) const {
    const std::uint64_t packet_ns = number * lidar_blocks * lidar_block_ns;
    for (std::size_t i = 0; i < lidar_blocks; ++i) {
        const std::uint64_t block_ns = packet_ns + i * lidar_block_ns;
        std::byte* const block = packet.data() + i * lidar_block_bytes;
        store(0xeeff, 2, block);
        store(azimuth_at(block_ns), 2, block + 2);
        std::byte* const points = block + block_header_bytes;
        write_firing(azimuth_at(block_ns), points);
        write_firing(azimuth_at(block_ns + firing_ns), points + lasers * point_bytes);
    }
    std::byte* const tail = packet.data() + lidar_blocks * lidar_block_bytes;
    store(packet_ns / 1000 % hour_us, 4, tail);
    store(0x2237, 2, tail + 4);
}

void LidarGenerator::write_firing(std::size_t azimuth, std::byte* points) const {
    static const std::array<Laser, lasers> all = make_lasers();
    const std::uint64_t wall = walls_[azimuth];
    for (const Laser& laser : all) {
        const std::uint64_t to_wall = wall * laser.slant_q16 >> 16U;
        const bool is_floor = laser.floor_units < to_wall;
        store(is_floor ? laser.floor_units : to_wall, 2, points);
        points[2] = std::byte{is_floor ? floor_reflectivity : wall_reflectivity};
        points += point_bytes;
    }
}

}  // namespace sluice::devices
