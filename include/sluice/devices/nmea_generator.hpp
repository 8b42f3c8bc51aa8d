/// A GNSS receiver that drives in a circle, in the sentences of NMEA 0183.
#pragma once

#include "sluice/core/time.hpp"
#include "sluice/devices/generator.hpp"

namespace sluice::devices {

inline constexpr std::size_t nmea_sentences = 5;  ///< Of a burst.
/// NMEA 0183: a sentence has at most 82 characters, with $ and CRLF.
inline constexpr std::size_t nmea_sentence_bytes_max = 82;

struct NmeaOptions {
    /// The time of epoch 0.
    SystemTime start_time{};
    /// Between two epochs.
    Duration period = std::chrono::milliseconds(100);
    /// The middle of the circle, degrees; north and east are positive. Not at a pole.
    double latitude = 48.137;
    double longitude = 11.575;
    double altitude_m = 519;
    /// Clockwise; epoch 0 is at the northernmost point, heading east.
    double radius_m = 200;
    double speed_m_per_s = 10;
};

/// Message n is the burst of epoch n: a GGA, an RMC and three GSV sentences, each with its checksum
/// and CRLF. The time advances by `period` from burst to burst; position, course and speed belong
/// to the same movement, and GGA counts the satellites that GSV shows with a signal.
class NmeaGenerator final : public Generator {
  public:
    explicit NmeaGenerator(const NmeaOptions& options) : options_(options) {}

    [[nodiscard]] std::size_t message_bytes_max() const noexcept override;
    [[nodiscard]] Written write(std::uint64_t number, std::uint64_t messages_max,
                                std::span<std::byte> target) const override;

  private:
    const NmeaOptions options_;
};

}  // namespace sluice::devices
