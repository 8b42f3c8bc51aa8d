#include "sluice/devices/nmea_generator.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace sluice::devices {
namespace {

constexpr double metres_per_minute = 1853.25;  // of latitude, on a sphere of 6,371 km
constexpr std::int64_t noon_ns = 1'767'225'600'000'000'000 + 43'200'000'000'000;  // 2026-01-01
constexpr SystemTime noon{Duration(noon_ns)};

std::string burst(const NmeaGenerator& generator, std::uint64_t number) {
    std::vector<std::byte> bytes(generator.message_bytes_max());
    const Generator::Written written = generator.write(number, 1, bytes);
    EXPECT_EQ(written.messages, 1U);
    return {reinterpret_cast<const char*>(bytes.data()), written.bytes};
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (std::size_t end = 0; end != std::string::npos; begin = end + separator.size()) {
        end = text.find(separator, begin);
        parts.push_back(text.substr(begin, end - begin));
    }
    return parts;
}

/// The sentences of a burst as fields, after their frame was judged.
std::vector<std::vector<std::string>> sentences(const std::string& text) {
    std::vector<std::string> lines = split(text, "\r\n");
    EXPECT_EQ(lines.back(), "") << "the burst ends with CRLF";
    lines.pop_back();
    std::vector<std::vector<std::string>> fields;
    for (const std::string& line : lines) {
        EXPECT_LE(line.size() + 2, 82U) << line;
        EXPECT_EQ(line.front(), '$');
        const std::size_t star = line.size() - 3;
        EXPECT_EQ(line[star], '*');
        int checksum = 0;
        for (std::size_t i = 1; i < star; ++i) {
            checksum ^= line[i];
        }
        EXPECT_EQ(std::stoi(line.substr(star + 1), nullptr, 16), checksum) << line;
        fields.push_back(split(line.substr(1, star - 1), ","));
    }
    return fields;
}

/// Minutes of an angle as NMEA has it, dddmm.mmmmm, with the sign of its hemisphere.
double minutes(const std::string& text, const std::string& hemisphere) {
    const double value = std::stod(text);
    const double degrees = std::floor(value / 100);
    const double sign = hemisphere == "S" || hemisphere == "W" ? -1 : 1;
    return sign * (degrees * 60 + value - degrees * 100);
}

struct Position {
    double north;  // minutes
    double east;
};
Position position(const std::vector<std::string>& rmc) {
    return {minutes(rmc[3], rmc[4]), minutes(rmc[5], rmc[6])};
}

TEST(NmeaGeneratorTest, SentencesHaveTheirFormAndChecksum) {
    const auto read = sentences(burst(NmeaGenerator({.start_time = noon}), 0));
    ASSERT_EQ(read.size(), 5U);
    EXPECT_EQ(read[0][0], "GPGGA");
    EXPECT_EQ(read[0].size(), 15U);
    EXPECT_EQ(read[1][0], "GPRMC");
    EXPECT_EQ(read[1].size(), 13U);
    for (std::size_t i = 2; i < 5; ++i) {
        EXPECT_EQ(read[i][0], "GPGSV");
        EXPECT_EQ(read[i][1], "3");
        EXPECT_EQ(read[i][2], std::to_string(i - 1));
    }
}

TEST(NmeaGeneratorTest, KnownEpochReadsAsExpected) {
    const auto read = sentences(burst(NmeaGenerator({.start_time = noon}), 0));
    const std::vector<std::string> gga{"GPGGA",       "120000.00", "4808.32792", "N",
                                       "01134.50000", "E",         "1"};
    EXPECT_TRUE(std::equal(gga.begin(), gga.end(), read[0].begin()));
    const std::vector<std::string> rmc{"GPRMC",       "120000.00", "A",     "4808.32792", "N",
                                       "01134.50000", "E",         "19.44", "90.00",      "010126"};
    EXPECT_TRUE(std::equal(rmc.begin(), rmc.end(), read[1].begin()));
}

TEST(NmeaGeneratorTest, TimeAdvancesWithTheEpochOverMidnight) {
    const NmeaGenerator generator(
        {.start_time = noon + std::chrono::hours(11) + std::chrono::minutes(59),
         .period = std::chrono::milliseconds(250)});
    EXPECT_EQ(sentences(burst(generator, 3))[1][1], "235900.75");
    EXPECT_EQ(sentences(burst(generator, 239))[1][9], "010126");
    EXPECT_EQ(sentences(burst(generator, 240))[1][1], "000000.00");
    EXPECT_EQ(sentences(burst(generator, 240))[1][9], "020126");
}

TEST(NmeaGeneratorTest, CourseAndSpeedAreThoseOfTheMovement) {
    const NmeaOptions options{.start_time = noon, .period = std::chrono::seconds(1)};
    const NmeaGenerator generator(options);
    const double width = std::cos(options.latitude * std::numbers::pi / 180);
    for (std::uint64_t epoch = 0; epoch < 130; ++epoch) {
        const Position before = position(sentences(burst(generator, epoch))[1]);
        const std::vector<std::string> rmc = sentences(burst(generator, epoch + 1))[1];
        const Position after = position(sentences(burst(generator, epoch + 2))[1]);
        const double north_m = (after.north - before.north) * metres_per_minute;
        const double east_m = (after.east - before.east) * metres_per_minute * width;
        EXPECT_NEAR(std::hypot(north_m, east_m) / 2, options.speed_m_per_s, 0.1);
        EXPECT_NEAR(std::stod(rmc[7]) * 1852 / 3600, options.speed_m_per_s, 0.01);
        const double course = std::atan2(east_m, north_m) * 180 / std::numbers::pi;
        EXPECT_NEAR(std::remainder(std::stod(rmc[8]) - course, 360), 0, 0.5) << "epoch " << epoch;
    }
}

TEST(NmeaGeneratorTest, CountsTheSatellitesThatItShows) {
    const NmeaGenerator generator({.start_time = noon, .period = std::chrono::minutes(7)});
    for (std::uint64_t epoch = 0; epoch < 300; ++epoch) {
        const auto read = sentences(burst(generator, epoch));
        std::size_t seen = 0;
        int received = 0;
        for (std::size_t i = 2; i < read.size(); ++i) {
            for (std::size_t at = 4; at + 3 < read[i].size(); at += 4) {
                ++seen;
                received += read[i][at + 3].empty() ? 0 : 1;
                EXPECT_LE(std::stoi(read[i][at + 1]), 90);
                EXPECT_LT(std::stoi(read[i][at + 2]), 360);
            }
        }
        EXPECT_EQ(std::stoul(read[2][3]), seen);
        EXPECT_EQ(std::stoi(read[0][7]), received);
    }
}

TEST(NmeaGeneratorTest, SouthAndWestAreNamed) {
    const NmeaGenerator generator({.latitude = -33.9, .longitude = -151.2});
    const auto read = sentences(burst(generator, 0));
    EXPECT_EQ(read[0][3], "S");
    EXPECT_EQ(read[0][5], "W");
    EXPECT_NEAR(minutes(read[0][4], read[0][5]) / 60, -151.2, 0.001);
}

TEST(NmeaGeneratorTest, WritesNoHalfBurst) {
    const NmeaGenerator generator({});
    std::vector<std::byte> bytes(3 * generator.message_bytes_max() - 1);
    const Generator::Written written = generator.write(0, 100, bytes);
    std::string expected;
    for (std::uint64_t i = 0; i < written.messages; ++i) {
        expected += burst(generator, i);
    }
    EXPECT_GE(written.messages, 2U);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), written.bytes), expected);
}

RC_GTEST_PROP(NmeaGeneratorProperty, EveryEpochIsWellFormed, ()) {
    const NmeaOptions options{
        .start_time = SystemTime(std::chrono::seconds(*rc::gen::inRange(0, 2'000'000'000))),
        .period = std::chrono::milliseconds(*rc::gen::inRange(1, 2000)),
        .latitude = *rc::gen::inRange(-8000, 8000) / 100.0,
        .longitude = *rc::gen::inRange(-17'900, 17'900) / 100.0};
    const auto epoch = *rc::gen::inRange<std::uint64_t>(0, 10'000'000);
    const auto read = sentences(burst(NmeaGenerator(options), epoch));
    RC_ASSERT(read.size() == 5U);
    RC_ASSERT(std::abs(minutes(read[0][2], read[0][3]) / 60 - options.latitude) < 0.01);
    RC_ASSERT(std::abs(minutes(read[0][4], read[0][5]) / 60 - options.longitude) < 0.02);
    RC_ASSERT(std::stod(read[1][8]) < 360);
    RC_ASSERT(read[0][1] == read[1][1]);
}

}  // namespace
}  // namespace sluice::devices
