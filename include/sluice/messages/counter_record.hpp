/// A stream in which every lost, repeated and changed byte shows: records that count.
///
///     offset   0               8               16                                      64
///              +---------------+---------------+---------------+--     --+-------------+
///              | "SLUICTR1"    | sequence      | word 0        |   ...   | word 5      |
///              +---------------+---------------+---------------+--     --+-------------+
///
/// All numbers are unsigned, of 64 bits, little-endian. `sequence` counts the records of a device
/// by 1, over all its connections. `word i` is sequence * 0x9e3779b97f4a7c15 +
/// (i + 1) * 0xd1b54a32d192ed03 modulo 2^64: both factors are odd, so every word differs between
/// any two records. Every connection begins at the border of a record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace sluice::messages {

inline constexpr std::size_t counter_record_bytes = 64;

/// Writes the record with this number.
void encode_counter_record(std::uint64_t sequence,
                           std::span<std::byte, counter_record_bytes> record) noexcept;

/// Writes records that count from `sequence` on over all of `records`.
/// REQUIRES: records.size() is a multiple of counter_record_bytes.
void fill_counter_records(std::uint64_t sequence, std::span<std::byte> records);

/// The number of a record; nothing unless each of its bytes is as it was encoded.
[[nodiscard]] std::optional<std::uint64_t> decode_counter_record(
    std::span<const std::byte, counter_record_bytes> record) noexcept;

/// Why records are missing.
enum class GapCause : std::uint8_t {
    disconnect,   ///< The numbers jump from one connection to the next.
    dropped,      ///< Their bytes are missing between the stream offsets: lost after they were
                  ///< received.
    unexplained,  ///< Neither: the device left them out, or bytes were changed.
};
inline constexpr std::size_t gap_cause_count = 3;
/// The enumerator's own name: statistics and logs show it.
[[nodiscard]] std::string_view name(GapCause cause) noexcept;

/// Records that did not come.
struct CounterGap {
    GapCause cause = GapCause::unexplained;
    std::uint64_t connection = 0;     ///< On which the gap was found.
    std::uint64_t first_missing = 0;  ///< The sequence number of the first.
    std::uint64_t count = 0;          ///< How many.
};

/// What a CounterChecker has seen. Always true: bytes = 64 * (records + corrupt_records) +
/// skipped_bytes + the bytes of a record that is not complete yet (CounterChecker::held_bytes).
struct CounterCheckStatistics {
    struct Loss {
        std::uint64_t gaps = 0;
        std::uint64_t lost_records = 0;
        friend bool operator==(const Loss&, const Loss&) = default;
    };

    std::uint64_t connections = 0;
    std::uint64_t records = 0;           ///< Whole and right, the repeated ones included.
    std::uint64_t repeated_records = 0;  ///< Right, but with a number that was passed already.
    std::uint64_t corrupt_records = 0;   ///< Whole and wrong. They are missing, too: see `lost`.
    /// Begun, and cut off by the end of the connection or by a jump of the stream offset.
    std::uint64_t incomplete_records = 0;
    std::uint64_t bytes = 0;          ///< Everything that was fed.
    std::uint64_t skipped_bytes = 0;  ///< Of records that are not complete.
    Loss lost[gap_cause_count] = {};  ///< By GapCause.

    [[nodiscard]] const Loss& operator[](GapCause cause) const noexcept {
        return lost[static_cast<std::size_t>(cause)];
    }
    friend bool operator==(const CounterCheckStatistics&, const CounterCheckStatistics&) = default;
};

/// Checks a counter stream as it was received, at several GB/s: each byte, and each number. The
/// first right record sets the start of the count. How the stream is cut into pieces makes no
/// difference. Keeps one record at most, does no I/O, allocates nothing. One thread.
class CounterChecker final {
  public:
    using GapFunction = std::function<void(const CounterGap&)>;

    /// `on_gap` (may be empty) is told of each gap by the call that finds it, when the first right
    /// record after the gap is complete. Not called for what is missing at the end.
    explicit CounterChecker(GapFunction on_gap = {}) : on_gap_(std::move(on_gap)) {}

    /// The next bytes that were received, in order. Another `connection` than before ends that one
    /// and begins anew; any number will do for the first. `stream_offset` is that of the first byte
    /// in what the connection received: where it is not the offset after the last byte, checking
    /// goes on at the next border of a record, a multiple of 64. If the offset goes back, the
    /// records that come again are repeated ones.
    void feed(std::uint64_t connection, std::uint64_t stream_offset,
              std::span<const std::byte> bytes);

    /// The connection has ended: what is held of a record will not be completed. Implied by the
    /// first `feed` of another connection.
    void end_connection() noexcept;

    [[nodiscard]] const CounterCheckStatistics& statistics() const noexcept { return statistics_; }
    /// The first bytes of a record whose end was not fed yet.
    [[nodiscard]] std::size_t held_bytes() const noexcept { return held_; }

  private:
    using Record = std::span<const std::byte, counter_record_bytes>;

    void begin_connection(std::uint64_t connection) noexcept;
    void jump(std::uint64_t stream_offset) noexcept;
    void abandon_held() noexcept;
    void check(Record record);
    void arrive(std::uint64_t sequence);
    void report(GapCause cause, std::uint64_t count);

    GapFunction on_gap_;
    CounterCheckStatistics statistics_;

    std::optional<std::uint64_t> connection_;  // the present one
    std::uint64_t offset_ = 0;                 // of the byte after the last that was fed
    std::size_t skip_ = 0;                     // bytes to come before the next border
    std::size_t held_ = 0;
    std::byte held_record_[counter_record_bytes] = {};

    std::optional<std::uint64_t> expected_;  // the next number, once there was one
    // What was seen since the last right record, to explain what is missing before the next.
    std::uint64_t passed_over_ = 0;  // records whose bytes are missing, by the stream offsets
    bool is_reconnected_ = false;
};

}  // namespace sluice::messages
