#include "sluice/messages/counter_record.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace sluice::messages {
namespace {

using Bytes = std::vector<std::byte>;
using Loss = CounterCheckStatistics::Loss;

Bytes records(std::uint64_t first, std::size_t count) {
    Bytes bytes(count * counter_record_bytes);
    fill_counter_records(first, bytes);
    return bytes;
}

std::optional<std::uint64_t> decode(const Bytes& bytes) {
    return decode_counter_record(std::span<const std::byte, counter_record_bytes>(bytes));
}

TEST(CounterRecordTest, IsLaidOutAsTheFormatSaysIt) {
    // Record 1 as docs/formats/counter_record.md has it.
    const std::uint8_t documented[counter_record_bytes] = {
        0x53, 0x4c, 0x55, 0x49, 0x43, 0x54, 0x52, 0x31, 0x01, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x18, 0x69, 0xdd, 0x50, 0xec, 0xc3, 0xec, 0x6f, 0x1b, 0x56,
        0x70, 0x22, 0x1f, 0x0e, 0xa2, 0x41, 0x1e, 0x43, 0x03, 0xf4, 0x51, 0x58, 0x57,
        0x13, 0x21, 0x30, 0x96, 0xc5, 0x84, 0xa2, 0x0c, 0xe5, 0x24, 0x1d, 0x29, 0x97,
        0xb7, 0xec, 0xc1, 0xb6, 0x27, 0x0a, 0xbc, 0x68, 0xea, 0x36, 0x77, 0x88,
    };
    const Bytes record = records(1, 1);
    EXPECT_TRUE(std::ranges::equal(record, std::as_bytes(std::span(documented))));
}

TEST(CounterRecordTest, DecodesWhatWasEncoded) {
    for (const std::uint64_t sequence : {0ULL, 1ULL, 0xffff'ffffULL, ~0ULL}) {
        EXPECT_EQ(decode(records(sequence, 1)), sequence);
    }
}

TEST(CounterRecordTest, FillsASpanWithTheRecordsThatFollow) {
    Bytes one_by_one;
    for (const std::uint64_t sequence : {7U, 8U, 9U}) {
        const Bytes record = records(sequence, 1);
        one_by_one.insert(one_by_one.end(), record.begin(), record.end());
    }
    EXPECT_EQ(records(7, 3), one_by_one);
}

TEST(CounterRecordTest, AnyChangedBitShows) {
    Bytes record = records(123'456'789, 1);
    for (std::size_t bit = 0; bit < 8 * record.size(); ++bit) {
        const auto mask = static_cast<std::byte>(1U << (bit % 8));
        record[bit / 8] ^= mask;
        EXPECT_EQ(decode(record), std::nullopt) << "bit " << bit;
        record[bit / 8] ^= mask;
    }
}

TEST(CounterRecordTest, HalvesOfTwoRecordsAreNoRecord) {
    Bytes record = records(5, 1);
    for (std::size_t cut = 9; cut < counter_record_bytes; ++cut) {
        const Bytes other = records(6, 1);
        Bytes joined(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(cut));
        joined.insert(joined.end(), other.begin() + static_cast<std::ptrdiff_t>(cut), other.end());
        EXPECT_EQ(decode(joined), std::nullopt) << "cut at " << cut;
    }
}

/// A checker, what it told, and where its connection stands.
class CounterCheckerTest : public ::testing::Test {
  protected:
    void connect() {
        ++connection_;
        offset_ = 0;
    }
    void receive(const Bytes& bytes) {
        checker_.feed(connection_, offset_, bytes);
        offset_ += bytes.size();
    }
    void receive(std::uint64_t first, std::size_t count) { receive(records(first, count)); }
    void lose(std::size_t bytes) { offset_ += bytes; }

    [[nodiscard]] const CounterCheckStatistics& seen() const { return checker_.statistics(); }
    [[nodiscard]] Loss total() const {
        Loss sum;
        for (const Loss& loss : seen().lost) {
            sum.gaps += loss.gaps;
            sum.lost_records += loss.lost_records;
        }
        return sum;
    }
    void expect_gap(std::size_t index, GapCause cause, std::uint64_t first, std::uint64_t count) {
        ASSERT_LT(index, gaps_.size());
        EXPECT_EQ(name(gaps_[index].cause), name(cause));
        EXPECT_EQ(gaps_[index].connection, connection_);
        EXPECT_EQ(gaps_[index].first_missing, first);
        EXPECT_EQ(gaps_[index].count, count);
    }

    std::vector<CounterGap> gaps_;
    CounterChecker checker_{[this](const CounterGap& gap) { gaps_.push_back(gap); }};
    std::uint64_t connection_ = 1;
    std::uint64_t offset_ = 0;
};

TEST_F(CounterCheckerTest, FirstRecordSetsTheStart) {
    receive(1'000'000, 3);
    EXPECT_EQ(seen().records, 3U);
    EXPECT_EQ(seen().bytes, 3 * counter_record_bytes);
    EXPECT_EQ(total(), Loss{});
}

TEST_F(CounterCheckerTest, JumpAcrossConnectionsIsADisconnect) {
    receive(0, 2);
    connect();
    receive(5, 1);
    EXPECT_EQ(seen()[GapCause::disconnect], (Loss{1, 3}));
    expect_gap(0, GapCause::disconnect, 2, 3);
    EXPECT_EQ(seen().connections, 2U);
}

TEST_F(CounterCheckerTest, ConnectionThatGoesOnWhereTheLastEndedIsNoGap) {
    receive(0, 2);
    connect();
    receive(2, 2);
    EXPECT_EQ(total(), Loss{});
}

TEST_F(CounterCheckerTest, MissingBytesAreDropped) {
    receive(0, 2);
    lose(3 * counter_record_bytes);
    receive(5, 2);
    EXPECT_EQ(seen()[GapCause::dropped], (Loss{1, 3}));
    expect_gap(0, GapCause::dropped, 2, 3);
}

TEST_F(CounterCheckerTest, GoesOnAtTheNextBorderAfterMissingBytes) {
    const Bytes stream = records(0, 10);
    const auto at = [&stream](std::size_t from, std::size_t to) {
        return Bytes(stream.begin() + static_cast<std::ptrdiff_t>(from),
                     stream.begin() + static_cast<std::ptrdiff_t>(to));
    };
    receive(at(0, 100));
    lose(100);
    receive(at(200, 210));  // all of it before the border at 256
    receive(at(210, 640));
    EXPECT_EQ(seen().records, 1U + 6U);
    EXPECT_EQ(seen().incomplete_records, 1U);
    EXPECT_EQ(seen().skipped_bytes, 36U + 56U);
    EXPECT_EQ(seen()[GapCause::dropped], (Loss{1, 3}));
    EXPECT_EQ(total(), (Loss{1, 3}));
}

TEST_F(CounterCheckerTest, NewConnectionIsCheckedFromItsFirstByte) {
    receive(0, 1);
    lose(10);
    receive(Bytes(5));  // the border is still to come when the connection ends
    connect();
    receive(1, 2);
    EXPECT_EQ(seen().records, 3U);
    EXPECT_EQ(seen().skipped_bytes, 5U);
    EXPECT_EQ(total(), Loss{});
}

TEST_F(CounterCheckerTest, MissingBytesExplainNoMoreThanWhatTheyHeld) {
    receive(0, 1);
    lose(2 * counter_record_bytes);
    receive(8, 1);
    expect_gap(0, GapCause::dropped, 1, 2);
    expect_gap(1, GapCause::unexplained, 3, 5);
}

TEST_F(CounterCheckerTest, JumpWithoutACauseIsUnexplained) {
    receive(0, 1);
    receive(4, 1);
    receive(5, 1);
    EXPECT_EQ(seen()[GapCause::unexplained], (Loss{1, 3}));
    expect_gap(0, GapCause::unexplained, 1, 3);
}

TEST_F(CounterCheckerTest, CorruptRecordIsCountedAndMissing) {
    Bytes stream = records(0, 3);
    stream[64 + 63] ^= std::byte{1};
    receive(stream);
    EXPECT_EQ(seen().records, 2U);
    EXPECT_EQ(seen().corrupt_records, 1U);
    expect_gap(0, GapCause::unexplained, 1, 1);
}

TEST_F(CounterCheckerTest, RecordThatComesAgainIsRepeated) {
    receive(0, 4);
    receive(2, 3);
    EXPECT_EQ(seen().repeated_records, 2U);
    EXPECT_EQ(seen().records, 7U);
    EXPECT_EQ(total(), Loss{});
}

TEST_F(CounterCheckerTest, OffsetThatGoesBackRepeatsRecords) {
    receive(0, 4);
    offset_ -= 2 * counter_record_bytes;
    receive(2, 3);
    EXPECT_EQ(seen().repeated_records, 2U);
    EXPECT_EQ(total(), Loss{});
}

TEST_F(CounterCheckerTest, RecordCutByTheEndOfItsConnectionIsIncomplete) {
    Bytes stream = records(0, 2);
    stream.resize(100);
    receive(stream);
    EXPECT_EQ(checker_.held_bytes(), 36U);
    checker_.end_connection();
    EXPECT_EQ(checker_.held_bytes(), 0U);
    EXPECT_EQ(seen().incomplete_records, 1U);
    connect();
    receive(1, 1);
    EXPECT_EQ(seen().incomplete_records, 1U);
    EXPECT_EQ(total(), Loss{});
}

TEST(CounterCheckerStandaloneTest, NeedsNobodyToTellOfGaps) {
    CounterChecker checker;
    checker.feed(1, 0, records(0, 1));
    checker.feed(2, 0, records(2, 1));
    EXPECT_EQ(checker.statistics()[GapCause::disconnect], (Loss{1, 1}));
}

/// What a device sent on one connection, as far as it arrived: a run of bytes with its offset.
struct Run {
    std::uint64_t connection;
    std::uint64_t offset;
    Bytes bytes;
};

/// Connections with jumps, missing bytes, changed bytes and cut ends.
std::vector<Run> random_runs() {
    std::vector<Run> runs;
    std::uint64_t sequence = *rc::gen::inRange<std::uint64_t>(1, 5);
    const int connections = *rc::gen::inRange(1, 4);
    for (int i = 0; i < connections; ++i) {
        std::uint64_t offset = 0;
        for (int part = *rc::gen::inRange(1, 4); part > 0; --part) {
            const auto count = static_cast<std::size_t>(*rc::gen::inRange(1, 6));
            Bytes bytes = records(sequence, count);
            sequence += count + static_cast<std::uint64_t>(*rc::gen::inRange(0, 3));
            const auto left_out = static_cast<std::size_t>(*rc::gen::inRange(0, 200));
            bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(
                                                           std::min(left_out, bytes.size())));
            if (!bytes.empty() && *rc::gen::inRange(0, 4) == 0) {
                bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] ^= std::byte{0x40};
            }
            const std::uint64_t end = offset + count * counter_record_bytes;
            runs.push_back({static_cast<std::uint64_t>(i), end - bytes.size(), bytes});
            offset = end;
        }
    }
    return runs;
}

void feed_in_pieces(CounterChecker& checker, const Run& run) {
    std::size_t begin = 0;
    do {
        const std::size_t size = std::min(run.bytes.size() - begin,
                                          static_cast<std::size_t>(*rc::gen::inRange(0, 100)) + 1);
        checker.feed(run.connection, run.offset + begin, std::span(run.bytes).subspan(begin, size));
        begin += size;
    } while (begin < run.bytes.size());
}

RC_GTEST_PROP(CounterCheckerProperty, AnySplitGivesTheSameStatistics, ()) {
    CounterChecker whole;
    CounterChecker pieces;
    for (const Run& run : random_runs()) {
        whole.feed(run.connection, run.offset, run.bytes);
        feed_in_pieces(pieces, run);
        RC_ASSERT(pieces.statistics() == whole.statistics());
        RC_ASSERT(pieces.held_bytes() == whole.held_bytes());
    }
}

RC_GTEST_PROP(CounterCheckerProperty, EveryByteIsInTheLedger, ()) {
    CounterChecker checker;
    std::uint64_t fed = 0;
    for (const Run& run : random_runs()) {
        checker.feed(run.connection, run.offset, run.bytes);
        fed += run.bytes.size();
        const CounterCheckStatistics& seen = checker.statistics();
        RC_ASSERT(seen.bytes == fed);
        RC_ASSERT(seen.bytes == counter_record_bytes * (seen.records + seen.corrupt_records) +
                                    seen.skipped_bytes + checker.held_bytes());
    }
}

RC_GTEST_PROP(CounterCheckerProperty, EveryNumberIsSeenOrLost, ()) {
    constexpr std::uint64_t before = 100;
    constexpr std::uint64_t after = 101;
    CounterChecker checker;
    checker.feed(before, 0, records(0, 1));
    for (const Run& run : random_runs()) {
        checker.feed(run.connection, run.offset, run.bytes);
    }
    checker.feed(after, 0, records(1'000, 1));
    const CounterCheckStatistics& seen = checker.statistics();
    std::uint64_t counted = seen.records;
    for (const Loss& loss : seen.lost) {
        counted += loss.lost_records;
    }
    RC_ASSERT(seen.repeated_records == 0U);
    RC_ASSERT(counted == 1'001U);
}

}  // namespace
}  // namespace sluice::messages
