#include "sluice/app/configuration_markdown.hpp"

#include <gtest/gtest.h>

#include "unit/app/sample_config.hpp"

namespace sluice::app {
namespace {

std::string sample() {
    return configuration_markdown(describe(TypeTag<test::SampleConfig>{}));
}

std::size_t count(std::string_view text, std::string_view piece) {
    std::size_t found = 0;
    for (std::size_t at = text.find(piece); at != std::string_view::npos;
         at = text.find(piece, at + 1)) {
        ++found;
    }
    return found;
}

TEST(ConfigurationMarkdown, ATableHasARowForEachKey) {
    EXPECT_EQ(configuration_markdown(describe(TypeTag<test::SampleSubscription>{})),
              "### SampleSubscription\n\nOne channel that is listened to.\n\n"
              "| key | type | default | allowed | unit | meaning |\n|---|---|---|---|---|---|\n"
              "| `channel` | text | required | text |  | The channel's name. |\n"
              "| `queue_depth` | integer | `64` | integers, 1 to 1024 | messages | How many "
              "messages may wait. |\n");
}

TEST(ConfigurationMarkdown, EveryKindHasItsDefaultAndWhatIsAllowed) {
    const std::string text = sample();
    for (const std::string_view row : {
             "| `address` | address | required | HOST:PORT, ",
             "| `enable_nodelay` | boolean | `true` | true or false |",
             "| `total_b` | integer | `0` | integers, 0 to 9223372036854775807 | bytes |",
             "| `rate_hz` | number | `1.5` | numbers, 0 to 500000 |",
             "| `gain` | number | `0` | numbers |",
             "| `format` | word | `\"hex\"` | text, hex or json |",
             "| `processors` | processors | `\"\"` | numbers and ranges ",
             "| `offsets` | list of integer | `[]` | a list: integers, -5 to 5 |",
             "| `priority` | integer | none | integers, 0 to 255 |",
         }) {
        EXPECT_NE(text.find(row), std::string::npos) << row << text;
    }
}

TEST(ConfigurationMarkdown, CellsStayCells) {
    EXPECT_NE(
        sample().find("| `text` | text | `\"a\\|b\"` | text |  | Any text, such as a\\|b. |\n"),
        std::string::npos);
}

TEST(ConfigurationMarkdown, NestedStructsHaveOneTableOfTheirOwn) {
    const std::string text = sample();
    EXPECT_NE(
        text.find("| `subscribe` | list of [SampleSubscription](#samplesubscription) | `[]` |"),
        std::string::npos);
    EXPECT_NE(text.find("| `main` | [SampleSubscription](#samplesubscription) |  |"),
              std::string::npos);
    EXPECT_EQ(count(text, "### SampleSubscription\n"), 1u);
    const StructDescription* const both[] = {&describe(TypeTag<test::SampleSubscription>{}),
                                             &describe(TypeTag<test::SampleConfig>{})};
    EXPECT_EQ(count(configuration_markdown(both), "### SampleSubscription\n"), 1u);
}

TEST(ConfigurationMarkdown, BothFormsOfAStructWithAShortTextAreTold) {
    const std::string text = sample();
    EXPECT_NE(text.find("| `ratio` | [SampleRatio](#sampleratio) | none | half or third; or keys "
                        "with values |"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("A part of a whole. Written as half or third; or with these keys.\n"),
              std::string::npos);
}

}  // namespace
}  // namespace sluice::app
