#include "sluice/messages/counter_record.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "sluice/core/check.hpp"

namespace sluice::messages {
namespace {

constexpr std::uint64_t magic = 0x3152'5443'4955'4c53;  // "SLUICTR1"
constexpr std::uint64_t sequence_factor = 0x9e37'79b9'7f4a'7c15;
constexpr std::uint64_t word_factor = 0xd1b5'4a32'd192'ed03;
constexpr std::size_t number_bytes = 8;
constexpr std::size_t header_numbers = 2;
constexpr std::size_t numbers = counter_record_bytes / number_bytes;

// A loop over the bytes would be several times slower: compilers make no single move of it.
std::uint64_t little_endian(std::uint64_t value) noexcept {
    return std::endian::native == std::endian::little ? value : __builtin_bswap64(value);
}

void store(std::uint64_t value, std::byte* target) noexcept {
    value = little_endian(value);
    std::memcpy(target, &value, number_bytes);
}

std::uint64_t load(const std::byte* source) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, source, number_bytes);
    return little_endian(value);
}

}  // namespace

void encode_counter_record(std::uint64_t sequence,
                           std::span<std::byte, counter_record_bytes> record) noexcept {
    std::byte* target = record.data();
    store(magic, target);
    store(sequence, target + number_bytes);
    std::uint64_t word = sequence * sequence_factor;
    for (std::size_t i = header_numbers; i < numbers; ++i) {
        word += word_factor;
        store(word, target + i * number_bytes);
    }
}

void fill_counter_records(std::uint64_t sequence, std::span<std::byte> records) {
    SLUICE_CHECK(records.size() % counter_record_bytes == 0, "only whole records are written");
    for (; !records.empty(); records = records.subspan(counter_record_bytes)) {
        encode_counter_record(sequence++, records.first<counter_record_bytes>());
    }
}

std::optional<std::uint64_t> decode_counter_record(
    std::span<const std::byte, counter_record_bytes> record) noexcept {
    const std::byte* source = record.data();
    const std::uint64_t sequence = load(source + number_bytes);
    std::uint64_t difference = load(source) ^ magic;
    std::uint64_t word = sequence * sequence_factor;
    for (std::size_t i = header_numbers; i < numbers; ++i) {
        word += word_factor;
        difference |= load(source + i * number_bytes) ^ word;
    }
    return difference == 0 ? std::optional(sequence) : std::nullopt;
}

std::string_view name(GapCause cause) noexcept {
    switch (cause) {
        case GapCause::disconnect:
            return "disconnect";
        case GapCause::dropped:
            return "dropped";
        case GapCause::unexplained:
            break;
    }
    return "unexplained";
}

void CounterChecker::feed(std::uint64_t connection, std::uint64_t stream_offset,
                          std::span<const std::byte> bytes) {
    if (connection_ != connection) {
        begin_connection(connection);
    }
    if (stream_offset != offset_) {
        jump(stream_offset);
    }
    offset_ = stream_offset + bytes.size();
    statistics_.bytes += bytes.size();

    const std::size_t skipped = std::min(skip_, bytes.size());
    skip_ -= skipped;
    statistics_.skipped_bytes += skipped;
    bytes = bytes.subspan(skipped);

    if (held_ > 0) {
        const std::size_t taken = std::min(counter_record_bytes - held_, bytes.size());
        std::copy_n(bytes.begin(), taken, held_record_ + held_);
        held_ += taken;
        bytes = bytes.subspan(taken);
        if (held_ < counter_record_bytes) {
            return;
        }
        held_ = 0;
        check(held_record_);
    }
    for (; bytes.size() >= counter_record_bytes; bytes = bytes.subspan(counter_record_bytes)) {
        check(bytes.first<counter_record_bytes>());
    }
    held_ = bytes.size();
    std::copy_n(bytes.begin(), held_, held_record_);
}

void CounterChecker::end_connection() noexcept {
    abandon_held();
    connection_.reset();
}

void CounterChecker::begin_connection(std::uint64_t connection) noexcept {
    end_connection();
    connection_ = connection;
    offset_ = 0;
    skip_ = 0;
    is_reconnected_ = true;
    ++statistics_.connections;
}

/// Bytes are missing: goes on at the first border of a record from `stream_offset` on.
void CounterChecker::jump(std::uint64_t stream_offset) noexcept {
    const std::uint64_t next = (offset_ + skip_ - held_) / counter_record_bytes;
    abandon_held();
    const std::uint64_t past = stream_offset % counter_record_bytes;
    skip_ = static_cast<std::size_t>(past == 0 ? 0 : counter_record_bytes - past);
    const std::uint64_t resumed = (stream_offset + skip_) / counter_record_bytes;
    passed_over_ += resumed > next ? resumed - next : 0;
}

void CounterChecker::abandon_held() noexcept {
    if (held_ > 0) {
        ++statistics_.incomplete_records;
        statistics_.skipped_bytes += held_;
        held_ = 0;
    }
}

void CounterChecker::check(Record record) {
    if (const std::optional<std::uint64_t> sequence = decode_counter_record(record)) {
        ++statistics_.records;
        arrive(*sequence);
    } else {
        ++statistics_.corrupt_records;
    }
}

void CounterChecker::arrive(std::uint64_t sequence) {
    if (expected_ && sequence < *expected_) {
        ++statistics_.repeated_records;
        return;
    }
    if (expected_ && sequence > *expected_) {
        const std::uint64_t missing = sequence - *expected_;
        const std::uint64_t dropped = std::min(missing, passed_over_);
        report(GapCause::dropped, dropped);
        report(is_reconnected_ ? GapCause::disconnect : GapCause::unexplained, missing - dropped);
    }
    expected_ = sequence + 1;
    passed_over_ = 0;
    is_reconnected_ = false;
}

/// The next `count` numbers that are expected did not come.
void CounterChecker::report(GapCause cause, std::uint64_t count) {
    if (count == 0) {
        return;
    }
    CounterCheckStatistics::Loss& loss = statistics_.lost[static_cast<std::size_t>(cause)];
    ++loss.gaps;
    loss.lost_records += count;
    const CounterGap gap{cause, *connection_, *expected_, count};
    *expected_ += count;
    if (on_gap_) {
        on_gap_(gap);
    }
}

}  // namespace sluice::messages
