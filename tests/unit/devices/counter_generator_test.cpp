#include "sluice/devices/counter_generator.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "sluice/messages/counter_record.hpp"

namespace sluice::devices {
namespace {

constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

TEST(CounterGeneratorTest, MessagesAreTheRecordsWithTheirNumbers) {
    std::vector<std::byte> bytes(3 * messages::counter_record_bytes);
    const Generator::Written written = CounterGenerator().write(41, all, bytes);
    EXPECT_EQ(written.messages, 3U);
    EXPECT_EQ(written.bytes, bytes.size());
    std::vector<std::byte> expected(bytes.size());
    messages::fill_counter_records(41, expected);
    EXPECT_EQ(bytes, expected);
}

TEST(CounterGeneratorTest, WritesNoHalfRecordAndNoMoreThanAllowed) {
    std::vector<std::byte> bytes(5 * messages::counter_record_bytes - 1);
    EXPECT_EQ(CounterGenerator().write(0, all, bytes).messages, 4U);
    EXPECT_EQ(CounterGenerator().write(0, 2, bytes).messages, 2U);
    EXPECT_EQ(CounterGenerator().write(0, 0, bytes).bytes, 0U);
}

}  // namespace
}  // namespace sluice::devices
