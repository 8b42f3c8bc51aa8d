#include "buffers/size_classes.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace sluice::detail {
namespace {

constexpr std::size_t KiB = 1024;

TEST(SizeClasses, DoubleFrom128BytesToEightKiBThenFromTheSlabOn) {
    const SizeClasses classes(64 * KiB, 300 * KiB);
    const std::size_t expected[] = {128,     256,     512,      1 * KiB,   2 * KiB,
                                    4 * KiB, 8 * KiB, 64 * KiB, 128 * KiB, 256 * KiB};
    ASSERT_EQ(classes.count(), std::size(expected));
    for (std::size_t i = 0; i < classes.count(); ++i) {
        EXPECT_EQ(classes.size_b(static_cast<SizeClass>(i)), expected[i]);
    }
}

TEST(SizeClasses, FindIsTheSmallestThatHoldsThePayloadAndTheHeader) {
    const SizeClasses classes(64 * KiB, 300 * KiB);
    for (std::size_t i = 0; i < classes.count(); ++i) {
        const auto size_class = static_cast<SizeClass>(i);
        const std::size_t payload_b = classes.size_b(size_class) - block_header_b;
        EXPECT_EQ(classes.find(payload_b), size_class);
        if (i + 1 < classes.count()) {
            EXPECT_EQ(classes.find(payload_b + 1), size_class + 1);
        }
    }
    EXPECT_EQ(classes.find(0), SizeClasses::smallest);
}

TEST(SizeClasses, NoneHoldsMoreThanTheLargestWhichFitsIntoThePool) {
    const SizeClasses classes(64 * KiB, 300 * KiB);
    EXPECT_FALSE(classes.find(256 * KiB - block_header_b + 1));
    EXPECT_FALSE(classes.find(std::numeric_limits<std::size_t>::max()));
}

TEST(SizeClasses, CountStaysWithinItsBoundForThePoolOfAllMemory) {
    const SizeClasses classes(16 * KiB, std::numeric_limits<std::size_t>::max());
    EXPECT_LE(classes.count(), SizeClasses::count_max);
    EXPECT_EQ(classes.size_b(static_cast<SizeClass>(classes.count() - 1)),
              std::numeric_limits<std::size_t>::max() / 2 + 1);
}

}  // namespace
}  // namespace sluice::detail
