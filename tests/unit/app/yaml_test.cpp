#include "sluice/app/yaml.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace sluice::app {
namespace {

using std::string_view_literals::operator""sv;

/// The problems of a text, one a line, without the file's name.
std::string problems_of(std::string_view text) {
    ConfigProblems problems("f");
    static_cast<void>(ConfigDocument::parse(text, problems));
    std::string told;
    for (const ConfigProblem& problem : problems.list()) {
        told += to_string(problem).substr(2) + "\n";
    }
    return told;
}

/// The document of a text that has no problem.
ConfigDocument parse(std::string_view text) {
    ConfigProblems problems("f");
    std::optional<ConfigDocument> document = ConfigDocument::parse(text, problems);
    EXPECT_TRUE(problems.list().empty()) << to_string(problems.list().front());
    return std::move(document).value();
}

std::string where(ConfigPosition position) {
    return std::to_string(position.line) + ":" + std::to_string(position.column);
}

std::string repeated(std::string_view piece, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += piece;
    }
    return text;
}

TEST(Yaml, TheTreeHasKindsTextsAndOrder) {
    const ConfigDocument document = parse("b: 1\na: [x, {c: d}]\nn: ~\ne:\nt: ''\n");
    const ConfigNode& root = document.root();
    ASSERT_EQ(root.kind, ConfigNode::Kind::mapping);
    ASSERT_EQ(root.children.size(), 5u);
    EXPECT_EQ(root.children[0]->key, "b");
    EXPECT_EQ(root.children[0]->text, "1");
    const ConfigNode& list = *root.find("a");
    ASSERT_EQ(list.kind, ConfigNode::Kind::sequence);
    EXPECT_EQ(list.children[0]->text, "x");
    EXPECT_EQ(list.children[1]->find("c")->text, "d");
    EXPECT_EQ(root.find("n")->kind, ConfigNode::Kind::null);
    EXPECT_EQ(root.find("e")->kind, ConfigNode::Kind::null);
    EXPECT_EQ(root.find("t")->kind, ConfigNode::Kind::scalar);
    EXPECT_EQ(root.find("absent"), nullptr);
    EXPECT_EQ(list.find(""), nullptr);
}

TEST(Yaml, NodesKnowWhereTheyStand) {
    const ConfigDocument document = parse("a:\n  \xC3\xBC: [1, 22]\nb: {c: \"\xC3\xBC\", d: e}\n");
    const ConfigNode& u = *document.root().find("a")->children[0];
    EXPECT_EQ(where(u.key_position), "2:3");
    EXPECT_EQ(where(u.value_position), "2:6");
    EXPECT_EQ(where(u.position()), "2:3");
    EXPECT_EQ(where(u.children[1]->position()), "2:10");
    EXPECT_EQ(where(document.root().find("b")->find("d")->key_position), "3:13");
    EXPECT_EQ(where(document.root().position()), "1:1");
}

TEST(Yaml, NodesKnowTheirPath) {
    const ConfigDocument document = parse("a:\n  b:\n  - c: 1\n  - [2]\n");
    const ConfigNode& list = *document.root().find("a")->find("b");
    EXPECT_EQ(document.root().path(), "");
    EXPECT_EQ(list.children[0]->find("c")->path(), "a.b[0].c");
    EXPECT_EQ(list.children[1]->children[0]->path(), "a.b[1][0]");
}

TEST(Yaml, StylesAreTold) {
    const ConfigDocument document = parse("- a\n- 'a'\n- \"a\\n\"\n- |\n  a\n- >\n  a\n");
    std::vector<ConfigNode::Style> styles;
    for (const ConfigNode* node : document.root().children) {
        styles.push_back(node->style);
    }
    using Style = ConfigNode::Style;
    EXPECT_EQ(styles, (std::vector{Style::plain, Style::single_quoted, Style::double_quoted,
                                   Style::block, Style::block}));
    EXPECT_EQ(document.root().children[2]->text, "a\n");
}

TEST(Yaml, DocumentsMove) {
    ConfigDocument first = parse("a: {b: 1}\n");
    const ConfigDocument second = std::move(first);
    EXPECT_EQ(second.root().find("a")->find("b")->path(), "a.b");
}

TEST(Yaml, CrlfAndByteOrderMarkAreAccepted) {
    const ConfigDocument document = parse(
        "\xEF\xBB\xBF"
        "a: 1\r\nb: 'x'\r\nc: |\r\n  l\r\n");
    EXPECT_EQ(document.root().find("a")->text, "1");
    EXPECT_EQ(where(document.root().find("a")->position()), "1:1");
    EXPECT_EQ(where(document.root().find("b")->value_position), "2:4");
    EXPECT_EQ(document.root().find("b")->style, ConfigNode::Style::single_quoted);
    EXPECT_EQ(document.root().find("c")->text, "l\n");
}

TEST(Yaml, DocumentMarksAndDirectivesAroundOneDocumentAreAccepted) {
    EXPECT_EQ(problems_of("%YAML 1.2\n---\na: 1\n...\n"), "");
}

TEST(Yaml, AnEmptyFileIsRefused) {
    for (const std::string_view text : {"", "\n", "# only a comment\n", "\xEF\xBB\xBF"}) {
        EXPECT_EQ(problems_of(text), "1:1: error: is empty\n") << text;
    }
}

TEST(Yaml, InvalidUtf8IsRefusedWithItsPosition) {
    EXPECT_EQ(problems_of("a: \xC3\xBC\nb: \xFF\n"), "2:4: error: is not UTF-8: byte 0xFF\n");
    EXPECT_EQ(problems_of("a\0:\0"sv), "1:2: error: has the control character U+0000\n");
}

TEST(Yaml, NulAndOtherControlCharactersAreRefusedWithTheirPosition) {
    EXPECT_EQ(problems_of("a: 1\n\0"sv), "2:1: error: has the control character U+0000\n");
    // To yaml-cpp alone, this file ends before `b`.
    EXPECT_EQ(problems_of("a: 1\n\x04\nb: 2\n"), "2:1: error: has the control character U+0004\n");
    EXPECT_EQ(problems_of("a: \x7f"), "1:4: error: has the control character U+007F\n");
    EXPECT_EQ(problems_of("a: 1\rb: 2"), "1:5: error: has the control character U+000D\n");
    EXPECT_EQ(problems_of("a: 1 \t# tab\n"), "");
}

TEST(Yaml, ARepeatedKeyIsRefusedWithBothPositions) {
    EXPECT_EQ(problems_of("s:\n  a: 1\n  b: 2\n  a: 3\n  a: 4\n"),
              "4:3: error: s: repeats the key \"a\" of line 2, column 3\n"
              "5:3: error: s: repeats the key \"a\" of line 2, column 3\n");
    EXPECT_EQ(problems_of("{a: 1, 'a': 2}"),
              "1:8: error: repeats the key \"a\" of line 1, column 2\n");
    EXPECT_EQ(problems_of("a: {b: 1}\nb: {a: 1}\n"), "");
}

TEST(Yaml, OfRepeatedKeysTheFirstIsKept) {
    ConfigProblems problems("f");
    const auto document = ConfigDocument::parse("a: 1\na: 2\nb: 3\n", problems);
    ASSERT_TRUE(document);
    ASSERT_EQ(document->root().children.size(), 2u);
    EXPECT_EQ(document->root().find("a")->text, "1");
    EXPECT_EQ(document->root().children[1]->index, 1u);
}

TEST(Yaml, AliasesAndAnchorsAreRefused) {
    EXPECT_EQ(problems_of("a: &x 1\nb: *x\n"),
              "1:4: error: anchors (&) are not allowed; a text that begins with & needs quotes\n"
              "2:4: error: aliases (*) are not allowed; write the value here\n");
    EXPECT_EQ(problems_of("&x a: 1\n*x : 2\n"),
              "1:1: error: anchors (&) are not allowed; a text that begins with & needs quotes\n"
              "2:1: error: aliases (*) are not allowed; write the value here\n");
}

TEST(Yaml, ABillionLaughsStayAFewProblems) {
    std::string text = "a0: &a0 [lol]\n";
    for (int i = 1; i < 10; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        const std::string list = repeated(last + ", ", 9) + last;
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + list + "]\n";
    }
    ConfigProblems problems("f");
    const auto document = ConfigDocument::parse(text, problems);
    EXPECT_EQ(problems.errors(), 10u + 90u);
    EXPECT_EQ(document->root().find("a9")->children.size(), 10u);
    EXPECT_EQ(document->root().find("a9")->children[0]->kind, ConfigNode::Kind::null);
}

TEST(Yaml, TagsAreRefused) {
    const std::string refused =
        ": error: tags (!) are not allowed; a text that begins with ! needs quotes\n";
    EXPECT_EQ(problems_of("a: !!str 1\n"), "1:4" + refused);
    EXPECT_EQ(problems_of("a: ! 1\n"), "1:4" + refused);
    EXPECT_EQ(problems_of("a: !t {b: 1}\n"), "1:4" + refused);
    EXPECT_EQ(problems_of("!<x> a: !t\n"), "1:1" + refused + "1:9" + refused);
    EXPECT_EQ(problems_of("a: '!t'\n"), "");
}

TEST(Yaml, KeysAreTexts) {
    const std::string refused = ": error: a key must be a plain text\n";
    EXPECT_EQ(problems_of("? [a]\n: 1\nb: 2\n"), "1:3" + refused);
    EXPECT_EQ(problems_of("{a: 1}: 2\n"), "1:1" + refused);
    EXPECT_EQ(problems_of("~: 2\n"), "1:1" + refused);
    ConfigProblems problems("f");
    const auto document = ConfigDocument::parse("[a]: {b: 1}\nc: 3\n", problems);
    ASSERT_EQ(document->root().children.size(), 1u);
    EXPECT_EQ(document->root().children[0]->text, "3");
}

TEST(Yaml, ASecondDocumentIsRefused) {
    EXPECT_EQ(problems_of("a: 1\n---\nb: 2\n"),
              "2:1: error: a second document begins here; one is allowed\n");
}

TEST(Yaml, WhatFollowsTheDocumentIsRefused) {
    // yaml-cpp reports no error for these, and never gets past them.
    EXPECT_EQ(problems_of(","), "1:1: error: not YAML: nothing may follow the document\n");
    EXPECT_EQ(problems_of("[a]]"), "1:4: error: not YAML: illegal flow end\n");
}

TEST(Yaml, SyntaxErrorsHaveAPosition) {
    EXPECT_EQ(problems_of("a: 1\n b: 2\n"), "2:3: error: not YAML: illegal map value\n");
    EXPECT_EQ(problems_of("a: [1\n").substr(0, 4), "2:1:");
    EXPECT_EQ(problems_of("a:\n\tb: 1\n").substr(0, 4), "2:3:");
    EXPECT_EQ(problems_of("a: \"\\q\"\n").substr(0, 4), "1:7:");
}

TEST(Yaml, NestingIsLimited) {
    const std::size_t limit = ConfigDocument::depth_max;
    EXPECT_EQ(problems_of(repeated("[", limit) + repeated("]", limit)), "");
    EXPECT_EQ(problems_of(repeated("[", limit + 1) + repeated("]", limit + 1)),
              "1:33: error: " + repeated("[0]", limit - 1) + ": is nested deeper than 32 levels\n");
    EXPECT_EQ(problems_of(repeated("- ", limit) + "a"), "");
    EXPECT_NE(problems_of(repeated("- ", limit + 1) + "a"), "");
}

TEST(Yaml, NestingOfAMillionLevelsEndsInAProblem) {
    const std::string told = problems_of(repeated("[", 1'000'000));
    EXPECT_NE(told.find("is nested deeper than 32 levels\n"), std::string::npos) << told;
}

TEST(Yaml, DeepNestingOfAnyFormEndsInAProblem) {
    for (const std::string_view piece :
         {"[", "{", "- ", "? ", ": ", "{a: ", "[{", "[? ", "- ? ", "[a,", "[\n", "{a: [b, "}) {
        const std::string text = repeated(piece, 100'000 / piece.size());
        const std::string told = problems_of(text);
        EXPECT_NE(told.find("is nested deeper than 32 levels"), std::string::npos) << piece << told;
    }
}

TEST(Yaml, LongFilesOfAnythingEnd) {
    for (const std::string_view piece :
         {"\"", "'", "- |\n", "?", "-\n", "a:\n", "\n", "x", "x ", "# \n", "!a ", "&a ", "*a ",
          "a: ", "%", "a,", "a:\n - ", "--- ", "\\"}) {
        ConfigProblems problems("f");
        const std::string text = repeated(piece, 100'000 / piece.size());
        static_cast<void>(ConfigDocument::parse(text, problems));
        EXPECT_LE(problems.list().size(), ConfigProblems::kept_max);
    }
}

TEST(Yaml, TheNumberOfValuesIsLimited) {
    const std::size_t limit = ConfigDocument::values_max;
    EXPECT_EQ(problems_of("[" + repeated("a,", limit - 1) + "]"), "");
    EXPECT_NE(problems_of("[" + repeated("a,", limit) + "]").find("has more than 100000 values"),
              std::string::npos);
    ConfigProblems problems("f");  // what nobody can use counts too
    EXPECT_FALSE(ConfigDocument::parse("{" + repeated("[]: [],", limit / 2) + "}", problems));
}

TEST(Yaml, ATextOfMoreThanOneMebibyteIsRefused) {
    const std::string text = "a: " + std::string(ConfigDocument::bytes_max - 3, 'x');
    EXPECT_EQ(problems_of(text), "");
    EXPECT_EQ(problems_of(text + "x"), " error: is larger than 1048576 bytes\n");
}

class YamlFile : public testing::Test {
  protected:
    YamlFile() {
        std::string name = testing::TempDir() + "sluice-yaml-XXXXXX";
        folder_ = ::mkdtemp(name.data());
    }
    ~YamlFile() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }
    /// The only problem of the file, without its path.
    static std::string problem_of(const std::string& file) {
        ConfigProblems problems(file);
        EXPECT_FALSE(ConfigDocument::load(problems));
        EXPECT_EQ(problems.list().size(), 1u);
        return to_string(problems.list().front()).substr(file.size());
    }

  private:
    std::string folder_;
};

TEST_F(YamlFile, IsLoaded) {
    ConfigProblems problems(write("a.yaml", "a: 1\n"));
    const auto document = ConfigDocument::load(problems);
    ASSERT_TRUE(document);
    EXPECT_EQ(document->root().find("a")->text, "1");
}

TEST_F(YamlFile, MissingIsAProblem) {
    EXPECT_EQ(problem_of(path("none")), ": error: cannot be read: No such file or directory");
}

TEST_F(YamlFile, ADirectoryIsAProblem) {
    EXPECT_EQ(problem_of(path("")), ": error: cannot be read: Is a directory");
}

TEST_F(YamlFile, UnreadableIsAProblem) {
    // A link to itself, because root may read whatever there is.
    std::filesystem::create_symlink("loop.yaml", path("loop.yaml"));
    EXPECT_EQ(problem_of(path("loop.yaml")),
              ": error: cannot be read: Too many levels of symbolic links");
}

TEST_F(YamlFile, LargerThanOneMebibyteIsAProblem) {
    const std::string file = write("large.yaml", std::string(100 * 1'048'576, '#'));
    EXPECT_EQ(problem_of(file), ": error: is larger than 1048576 bytes");
    EXPECT_EQ(problem_of("/dev/zero"), ": error: is larger than 1048576 bytes");
}

TEST_F(YamlFile, SyntaxErrorsNameTheFile) {
    EXPECT_EQ(problem_of(write("a.yaml", "a: ]\n")), ":1:4: error: not YAML: illegal flow end");
}

}  // namespace
}  // namespace sluice::app
