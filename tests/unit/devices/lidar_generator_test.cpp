#include "sluice/devices/lidar_generator.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::devices {
namespace {

constexpr std::uint64_t packets_per_turn = 76;  // a little more than one turn

/// One packet, read by hand.
class Packet {
  public:
    explicit Packet(std::uint64_t number) : bytes_(lidar_packet_bytes) {
        static const LidarGenerator generator;
        EXPECT_EQ(generator.write(number, 1, bytes_).bytes, bytes_.size());
    }

    [[nodiscard]] unsigned flag(std::size_t block) const { return big(at(block)); }
    [[nodiscard]] unsigned azimuth(std::size_t block) const { return little(at(block) + 2, 2); }
    [[nodiscard]] unsigned distance(std::size_t block, std::size_t point) const {
        return little(at(block) + 4 + 3 * point, 2);
    }
    [[nodiscard]] unsigned reflectivity(std::size_t block, std::size_t point) const {
        return little(at(block) + 4 + 3 * point + 2, 1);
    }
    [[nodiscard]] unsigned timestamp() const { return little(1200, 4); }
    [[nodiscard]] unsigned factory() const { return big(1204); }

  private:
    static std::size_t at(std::size_t block) { return 100 * block; }
    [[nodiscard]] unsigned big(std::size_t offset) const {
        return std::to_integer<unsigned>(bytes_[offset]) << 8U |
               std::to_integer<unsigned>(bytes_[offset + 1]);
    }
    [[nodiscard]] unsigned little(std::size_t offset, std::size_t size) const {
        unsigned value = 0;
        while (size-- > 0) {
            value = value << 8U | std::to_integer<unsigned>(bytes_[offset + size]);
        }
        return value;
    }

    std::vector<std::byte> bytes_;
};

TEST(LidarGeneratorTest, PacketHasTheLayoutOfAVlp16) {
    const Packet packet(12'345);
    for (std::size_t block = 0; block < 12; ++block) {
        EXPECT_EQ(packet.flag(block), 0xffeeU);
        EXPECT_LT(packet.azimuth(block), 36'000U);
    }
    EXPECT_EQ(packet.factory(), 0x3722U);
}

TEST(LidarGeneratorTest, AzimuthAdvancesByTheTimeOfABlockOverAllPackets) {
    unsigned before = Packet(0).azimuth(0);
    EXPECT_EQ(before, 0U);
    for (std::uint64_t block = 1; block < 12 * packets_per_turn * 3; ++block) {
        const unsigned azimuth = Packet(block / 12).azimuth(block % 12);
        const unsigned step = (azimuth + 36'000 - before) % 36'000;
        EXPECT_TRUE(step == 39 || step == 40) << "block " << block << ": " << step;
        before = azimuth;
    }
}

TEST(LidarGeneratorTest, TimestampCountsMicrosecondsOfTheHour) {
    EXPECT_EQ(Packet(0).timestamp(), 0U);
    EXPECT_EQ(Packet(1).timestamp(), 1327U);  // 12 blocks of 110.592 us
    EXPECT_EQ(Packet(1000).timestamp(), 1'327'104U);
    // 2,712,674 packets take 3,600.0005 s.
    EXPECT_LT(Packet(2'712'674).timestamp(), 2000U);
}

TEST(LidarGeneratorTest, EveryPointHitsTheHall) {
    // Half a hall of 40 by 24 m has a diagonal of 23.4 m, and a laser looks 15 degrees up at most.
    constexpr unsigned farthest = static_cast<unsigned>(24.3 / 0.002);
    for (std::uint64_t number = 0; number < packets_per_turn; ++number) {
        const Packet packet(number);
        for (std::size_t block = 0; block < 12; ++block) {
            for (std::size_t point = 0; point < 32; ++point) {
                EXPECT_GT(packet.distance(block, point), 3000U);
                EXPECT_LE(packet.distance(block, point), farthest);
                EXPECT_GT(packet.reflectivity(block, point), 0U);
            }
        }
    }
}

TEST(LidarGeneratorTest, SteepLaserMeetsTheFloorAndALevelOneTheWall) {
    const Packet packet(0);
    EXPECT_NEAR(packet.distance(0, 0) * 0.002, 1.8 / 0.258819, 0.01);  // 15 degrees down
    EXPECT_NEAR(packet.distance(0, 1) * 0.002, 20 / 0.999848, 0.01);   // 1 degree up
    EXPECT_NE(packet.reflectivity(0, 0), packet.reflectivity(0, 1));
}

TEST(LidarGeneratorTest, WritesWholePacketsThatContinue) {
    std::vector<std::byte> three(4 * lidar_packet_bytes - 1);
    const Generator::Written written = LidarGenerator().write(7, 100, three);
    EXPECT_EQ(written.messages, 3U);
    EXPECT_EQ(written.bytes, 3 * lidar_packet_bytes);
    std::vector<std::byte> last(lidar_packet_bytes);
    static_cast<void>(LidarGenerator().write(9, 1, last));
    EXPECT_TRUE(std::equal(last.begin(), last.end(), three.begin() + 2 * lidar_packet_bytes));
}

}  // namespace
}  // namespace sluice::devices
