#include "sluice/devices/nmea_generator.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>

#include "sluice/core/check.hpp"

namespace sluice::devices {
namespace {

constexpr int satellites_per_sentence = 4;
constexpr std::array<int, 10> satellites{2, 5, 7, 9, 13, 16, 20, 23, 27, 30};
constexpr int view_sentences =
    (satellites.size() + satellites_per_sentence - 1) / satellites_per_sentence;
static_assert(nmea_sentences == 2 + view_sentences);

constexpr double metres_per_degree = 111'194.9;  // of latitude, on a sphere of 6,371 km
constexpr double knots_per_m_per_s = 3600.0 / 1852;

/// Where the receiver is at one moment.
struct Fix {
    std::int64_t time_ns;  // of Unix
    double latitude;
    double longitude;
    double course;  // degrees from north
};

/// Text of a burst; numbers are put together from integers, whatever the locale says.
class Burst {
  public:
    explicit Burst(std::span<std::byte> target) : target_(target) {}

    /// Appends $, what the format makes of the arguments, the checksum and CRLF.
    template <typename... Arguments>
    void add(const char* format, Arguments... arguments) {
        char text[nmea_sentence_bytes_max];
        const int length = std::snprintf(text, sizeof text, format, arguments...);
        SLUICE_CHECK(length > 0 && length < static_cast<int>(sizeof text) - 6,
                     "a sentence is as long as NMEA 0183 allows");
        add_checked({text, static_cast<std::size_t>(length)});
    }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  private:
    void add_checked(std::span<const char> text) {
        unsigned checksum = 0;
        for (const char character : text) {
            checksum ^= static_cast<unsigned char>(character);
        }
        char tail[6];
        std::snprintf(tail, sizeof tail, "*%02X", checksum);
        append(std::span("$", 1));
        append(text);
        append(std::span(tail, 3));
        append(std::span("\r\n", 2));
    }
    void append(std::span<const char> text) {
        const auto bytes = std::as_bytes(text);
        std::copy(bytes.begin(), bytes.end(), target_.subspan(bytes_).begin());
        bytes_ += text.size();
    }

    std::span<std::byte> target_;
    std::size_t bytes_ = 0;
};

Fix fix_at(const NmeaOptions& options, std::uint64_t epoch) {
    const double seconds =
        std::chrono::duration<double>(options.period).count() * static_cast<double>(epoch);
    const double turned =
        std::fmod(options.speed_m_per_s * seconds / options.radius_m, 2 * std::numbers::pi);
    const double radius_degrees = options.radius_m / metres_per_degree;
    const double width = std::cos(options.latitude * std::numbers::pi / 180);
    return {.time_ns = nanoseconds_since_epoch(options.start_time) +
                       static_cast<std::int64_t>(epoch) * options.period.count(),
            .latitude = options.latitude + radius_degrees * std::cos(turned),
            .longitude = options.longitude + radius_degrees * std::sin(turned) / width,
            .course = std::fmod(turned * 180 / std::numbers::pi + 90, 360)};
}

/// `number` with so many decimals: the whole part and the decimals.
struct Decimal {
    Decimal(double number, int unit) {
        const long scaled = std::lround(number * unit);
        whole = scaled / unit;
        decimals = scaled % unit;
    }
    long whole;
    long decimals;
};

/// hhmmss.ss
struct TimeText {
    explicit TimeText(std::int64_t time_ns) {
        constexpr std::int64_t day_cs = 8'640'000;  // hundredths of a second
        const std::int64_t cs = (time_ns / 10'000'000 % day_cs + day_cs) % day_cs;
        std::snprintf(text, sizeof text, "%02d%02d%02d.%02d", static_cast<int>(cs / 360'000),
                      static_cast<int>(cs / 6'000 % 60), static_cast<int>(cs / 100 % 60),
                      static_cast<int>(cs % 100));
    }
    char text[48];
};

/// ddmmyy
struct DateText {
    explicit DateText(std::int64_t time_ns) {
        const std::chrono::sys_time<Duration> time{Duration(time_ns)};
        const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
        std::snprintf(text, sizeof text, "%02u%02u%02d", static_cast<unsigned>(date.day()),
                      static_cast<unsigned>(date.month()), static_cast<int>(date.year()) % 100);
    }
    char text[40];
};

/// ddmm.mmmmm,N,dddmm.mmmmm,E
struct PositionText {
    explicit PositionText(const Fix& fix) {
        const Angle north(fix.latitude);
        const Angle east(fix.longitude);
        std::snprintf(text, sizeof text, "%02ld%02ld.%05ld,%c,%03ld%02ld.%05ld,%c", north.degrees,
                      north.minutes, north.decimals, fix.latitude < 0 ? 'S' : 'N', east.degrees,
                      east.minutes, east.decimals, fix.longitude < 0 ? 'W' : 'E');
    }

    struct Angle {
        explicit Angle(double angle) {
            const Decimal total(std::abs(angle) * 60, 100'000);
            degrees = total.whole / 60;
            minutes = total.whole % 60;
            decimals = total.decimals;
        }
        long degrees;
        long minutes;
        long decimals;
    };
    char text[160];
};

/// A satellite as it is seen; invented, but it moves as slowly as a real one.
struct Satellite {
    Satellite(std::size_t index, std::int64_t time_ns) : number(satellites[index]) {
        const auto minutes = static_cast<int>(time_ns / 60'000'000'000 % 1440);
        azimuth = (number * 37 + minutes / 2) % 360;
        elevation = 5 + (number * 13 + minutes / 8) % 80;
    }
    /// In dB; 0 = not received.
    [[nodiscard]] int signal() const { return elevation < 10 ? 0 : 30 + elevation / 5; }

    int number;
    int azimuth;
    int elevation;
};

int received_satellites(std::int64_t time_ns) {
    int received = 0;
    for (std::size_t i = 0; i < satellites.size(); ++i) {
        received += Satellite(i, time_ns).signal() > 0 ? 1 : 0;
    }
    return received;
}

/// ,number,elevation,azimuth,signal for each satellite of a sentence.
struct ViewText {
    ViewText(int sentence, std::int64_t time_ns) {
        const auto first = static_cast<std::size_t>(sentence) * satellites_per_sentence;
        const std::size_t end = std::min(first + satellites_per_sentence, satellites.size());
        std::size_t length = 0;
        for (std::size_t i = first; i < end; ++i) {
            const Satellite seen(i, time_ns);
            char signal[12] = "";  // empty when not received
            if (seen.signal() > 0) {
                std::snprintf(signal, sizeof signal, "%02d", seen.signal());
            }
            const int put = std::snprintf(text + length, sizeof text - length, ",%02d,%02d,%03d,%s",
                                          seen.number, seen.elevation, seen.azimuth, signal);
            length += static_cast<std::size_t>(put);
        }
    }
    char text[80];
};

std::size_t write_burst(const NmeaOptions& options, std::uint64_t epoch,
                        std::span<std::byte> target) {
    const Fix fix = fix_at(options, epoch);
    const TimeText time(fix.time_ns);
    const PositionText position(fix);
    const Decimal altitude(options.altitude_m, 10);
    const Decimal speed(options.speed_m_per_s * knots_per_m_per_s, 100);
    const Decimal course(fix.course, 100);
    Burst burst(target);
    burst.add("GPGGA,%s,%s,1,%02d,0.9,%ld.%01ld,M,47.6,M,,", time.text, position.text,
              received_satellites(fix.time_ns), altitude.whole, std::labs(altitude.decimals));
    burst.add("GPRMC,%s,A,%s,%ld.%02ld,%ld.%02ld,%s,,,A", time.text, position.text, speed.whole,
              speed.decimals, course.whole % 360, course.decimals, DateText(fix.time_ns).text);
    for (int i = 0; i < view_sentences; ++i) {
        burst.add("GPGSV,%d,%d,%02d%s", view_sentences, i + 1, static_cast<int>(satellites.size()),
                  ViewText(i, fix.time_ns).text);
    }
    return burst.bytes();
}

}  // namespace

std::size_t NmeaGenerator::message_bytes_max() const noexcept {
    return nmea_sentences * nmea_sentence_bytes_max;
}

Generator::Written NmeaGenerator::write(std::uint64_t number, std::uint64_t messages_max,
                                        std::span<std::byte> target) const {
    Written written;
    while (written.messages < messages_max &&
           target.size() - written.bytes >= message_bytes_max()) {
        written.bytes +=
            write_burst(options_, number + written.messages, target.subspan(written.bytes));
        ++written.messages;
    }
    return written;
}

}  // namespace sluice::devices
