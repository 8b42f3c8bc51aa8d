#include "app/text_layout.hpp"

#include <gtest/gtest.h>

namespace sluice::app {
namespace {

TEST(TextLayout, WordsAreBrokenAtTheWidth) {
    EXPECT_EQ(wrapped("one two three", 2, 9), "  one two\n  three\n");
    EXPECT_EQ(wrapped("one two three", 2, 8), "  one\n  two\n  three\n");
}

TEST(TextLayout, AWordWiderThanTheLineHasALineOfItsOwn) {
    EXPECT_EQ(wrapped("a unbreakable b", 0, 5), "a\nunbreakable\nb\n");
}

TEST(TextLayout, NoWordsAreNoLine) {
    EXPECT_EQ(wrapped("", 4, 80), "");
}

TEST(TextLayout, ColumnsAreAsWideAsTheirWidestCell) {
    const std::vector<std::string> lines =
        in_columns({{"NAME", "COUNT", "TEXT"}, {"a", "12345678", "x"}, {"longer", "1", ""}}, "lrl");
    EXPECT_EQ(lines, (std::vector<std::string>{
                         "NAME       COUNT  TEXT",
                         "a       12345678  x",
                         "longer         1",
                     }));
}

TEST(TextLayout, ARowMayHaveFewerCells) {
    EXPECT_EQ(in_columns({{"a"}, {"b", "c"}}, "ll"), (std::vector<std::string>{"a", "b  c"}));
}

}  // namespace
}  // namespace sluice::app
