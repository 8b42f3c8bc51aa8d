#include "sluice/app/config_problem.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sluice::app {
namespace {

constexpr std::array<std::string_view, 3> words{"address", "group_size", "type"};

TEST(ConfigProblem, SaysFilePositionSeverityAndPath) {
    ConfigProblem problem{Complaint::Severity::error,
                          "pipeline.yaml",
                          {12, 5},
                          "stages.lidar.group_size",
                          "is -1; allowed are 1 to 65536"};
    EXPECT_EQ(to_string(problem),
              "pipeline.yaml:12:5: error: stages.lidar.group_size: is -1; allowed are 1 to 65536");
    problem.severity = Complaint::Severity::warning;
    problem.path = "";
    EXPECT_EQ(to_string(problem), "pipeline.yaml:12:5: warning: is -1; allowed are 1 to 65536");
    problem.position = {};
    EXPECT_EQ(to_string(problem), "pipeline.yaml: warning: is -1; allowed are 1 to 65536");
}

TEST(ConfigProblem, NothingReachesTheTerminalThatControlsIt) {
    const ConfigProblem problem{
        Complaint::Severity::error, "a\n", {1, 1}, "\x1b[2J", "\xC2\x9B\xFF \xC3\xBC \x7f"};
    EXPECT_EQ(to_string(problem), "a\\x0a:1:1: error: \\x1b[2J: \\xc2\\x9b\\xff \xC3\xBC \\x7f");
}

TEST(ConfigProblems, AreInTheOrderOfTheirPositions) {
    ConfigProblems problems("f");
    problems.error({2, 1}, "", "third");
    problems.add(Complaint::Severity::warning, {1, 9}, "", "second");
    problems.error({1, 2}, "", "first");
    problems.error({2, 1}, "", "fourth");
    std::string order;
    for (const ConfigProblem& problem : problems.list()) {
        order += problem.message + " ";
    }
    EXPECT_EQ(order, "first second third fourth ");
    EXPECT_EQ(problems.errors(), 3u);
}

TEST(ConfigProblems, BeyondTheLimitTheyAreOnlyCounted) {
    ConfigProblems problems("f");
    for (std::size_t i = 0; i < ConfigProblems::kept_max; ++i) {
        problems.add(Complaint::Severity::warning, {1, 1}, "", "");
    }
    EXPECT_EQ(problems.omitted(), 0u);
    problems.error({1, 1}, "", "");
    EXPECT_EQ(problems.list().size(), ConfigProblems::kept_max);
    EXPECT_EQ(problems.omitted(), 1u);
    EXPECT_EQ(problems.errors(), 1u);
}

TEST(InQuotes, ShortensLongTextsAtACharacter) {
    EXPECT_EQ(in_quotes(""), "\"\"");
    EXPECT_EQ(in_quotes(std::string(80, 'x')), "\"" + std::string(80, 'x') + "\"");
    EXPECT_EQ(in_quotes(std::string(81, 'x')), "\"" + std::string(80, 'x') + "...\"");
    EXPECT_EQ(in_quotes(std::string(79, 'x') + "\xC3\xBC"), "\"" + std::string(79, 'x') + "...\"");
}

TEST(Suggestion, NamesTheNearestWord) {
    EXPECT_EQ(suggestion("adress", words), "did you mean \"address\"?");
    EXPECT_EQ(suggestion("group-size", words), "did you mean \"group_size\"?");
    EXPECT_EQ(suggestion("typ", words), "did you mean \"type\"?");
}

TEST(Suggestion, ListsAllWordsWhereNoneIsNear) {
    EXPECT_EQ(suggestion("", words), "allowed are address, group_size, type");
    EXPECT_EQ(suggestion("xyz", words), "allowed are address, group_size, type");
    EXPECT_EQ(suggestion(std::string(1'000'000, 'a'), words),
              "allowed are address, group_size, type");
}

}  // namespace
}  // namespace sluice::app
