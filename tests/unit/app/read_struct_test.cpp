#include "sluice/app/read_struct.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "unit/app/sample_config.hpp"

namespace sluice::app {
namespace {

using test::SampleConfig;
using test::SampleFormat;

struct Reading {
    SampleConfig config;
    bool is_good = false;
    std::string problems;  ///< One a line, without the file's name.
};

/// Reads a text into a SampleConfig of which the check finds nothing.
Reading read(std::string_view text) {
    Reading reading;
    reading.config.gain = 1e9F;
    ConfigProblems problems("f");
    const auto document = ConfigDocument::parse(text, problems);
    EXPECT_TRUE(document) << text;
    reading.is_good = document && read_struct(document->root(), reading.config, problems);
    EXPECT_EQ(reading.is_good, problems.errors() == 0);
    for (const ConfigProblem& problem : problems.list()) {
        reading.problems += to_string(problem).substr(2) + "\n";
    }
    return reading;
}

/// The problems of one line after a good address, without its path and position.
std::string problem_of(const std::string& line) {
    const std::string problems = read("address: a:1\n" + line + "\n").problems;
    const std::string front = "2:1: error: " + line.substr(0, line.find(':')) + ": ";
    return problems.starts_with(front) ? problems.substr(front.size()) : problems;
}

SampleConfig read_line(const std::string& line) {
    const Reading reading = read("address: a:1\n" + line + "\n");
    EXPECT_EQ(reading.problems, "") << line;
    return reading.config;
}

TEST(ReadStruct, ReadsEveryKind) {
    const Reading reading = read(
        "subscribe: [{channel: /a}, {queue_depth: 2, channel: '/b'}]\n"
        "address: sensor.local:7502\nenable_nodelay: false\ngroup_size: 16\n"
        "total_b: 9223372036854775807\nrate_hz: 2.5e1\ngain: 1e10\ntext: \"a\\r\\n\"\n"
        "format: json\nprocessors: 0,2-3\noffsets: [-5, 5]\npriority: 255\n"
        "main:\n  channel: /x\n");
    EXPECT_EQ(reading.problems, "");
    const SampleConfig& config = reading.config;
    EXPECT_EQ(config.address.to_string(), "sensor.local:7502");
    EXPECT_FALSE(config.enable_nodelay);
    EXPECT_EQ(config.group_size, 16);
    EXPECT_EQ(config.total_b, 9'223'372'036'854'775'807u);
    EXPECT_EQ(config.rate_hz, 25);
    EXPECT_EQ(config.gain, 1e10F);
    EXPECT_EQ(config.text, "a\r\n");
    EXPECT_EQ(config.format, SampleFormat::json);
    EXPECT_EQ(config.processors.to_string(), "0,2-3");
    EXPECT_EQ(config.offsets, (std::vector<std::int16_t>{-5, 5}));
    EXPECT_EQ(config.priority, 255);
    ASSERT_EQ(config.subscribe.size(), 2u);
    EXPECT_EQ(config.subscribe[0].queue_depth, 64u);
    EXPECT_EQ(config.subscribe[1].channel, "/b");
    EXPECT_EQ(config.main.channel, "/x");
    EXPECT_EQ(config.main.queue_depth, 8u) << "what is not given stays as it is";
}

TEST(ReadStruct, TellsAllProblemsAtOnceInOrder) {
    const Reading reading =
        read("adress: x\nzzz: 1\ngroup_size: -1\nsubscribe:\n- {chanel: /a, queue_depth: 0}\n");
    EXPECT_EQ(reading.problems,
              "1:1: error: unknown key \"adress\"; did you mean \"address\"?\n"
              "1:1: error: needs the key \"address\": The device's address.\n"
              "2:1: error: unknown key \"zzz\"; allowed are address, enable_nodelay, group_size, "
              "total_b, rate_hz, gain, text, format, processors, offsets, priority, subscribe, "
              "main, ratio\n"
              "3:1: error: group_size: is -1; allowed are 1 to 65536 packets\n"
              "5:3: error: subscribe[0]: needs the key \"channel\": The channel's name.\n"
              "5:4: error: subscribe[0]: unknown key \"chanel\"; did you mean \"channel\"?\n"
              "5:16: error: subscribe[0].queue_depth: is 0; allowed are 1 to 1024 messages\n");
}

TEST(ReadStruct, AMissingKeyIsToldAtTheStructsKey) {
    EXPECT_EQ(problem_of("main: {}"), "needs the key \"channel\": The channel's name.\n");
}

TEST(ReadStruct, AValueOfAnotherKindIsRefused) {
    EXPECT_EQ(problem_of("group_size: abc"), "is \"abc\"; allowed are integers, 1 to 65536\n");
    EXPECT_EQ(problem_of("group_size: [1]"), "is a list; allowed are integers, 1 to 65536\n");
    EXPECT_EQ(problem_of("group_size: {a: 1}"),
              "has keys of its own; allowed are integers, 1 to 65536\n");
    EXPECT_EQ(problem_of("offsets: 1"), "is \"1\"; allowed are a list: integers, -5 to 5\n");
    EXPECT_EQ(problem_of("main: 1"), "is \"1\"; allowed are keys with values\n");
    EXPECT_EQ(problem_of("text: {a: 1}"), "has keys of its own; allowed are text\n");
    EXPECT_EQ(problem_of("format: [hex]"), "is a list; allowed are text, hex or json\n");
    EXPECT_EQ(read("- 1\n").problems, "1:1: error: is a list; allowed are keys with values\n");
}

TEST(ReadStruct, AKeyWithoutValueIsRefused) {
    for (const std::string key : {"text", "subscribe", "main", "priority", "enable_nodelay"}) {
        for (const std::string value : {":", ": ~", ": null"}) {
            EXPECT_TRUE(problem_of(key + value).starts_with("has no value; allowed are ")) << key;
        }
    }
}

TEST(ReadStruct, IntegersAreDecimal) {
    EXPECT_EQ(read_line("group_size: 65536").group_size, 65536);
    EXPECT_EQ(read_line("total_b: 0").total_b, 0u);
    for (const std::string text :
         {"0x10", "010", "1e3", "1.0", "+5", "1_000", "1:30", "5 5", "0b1", "--5", "5-", "1,000"}) {
        EXPECT_EQ(
            problem_of("group_size: " + text),
            "is \"" + text + "\"; allowed are integers, 1 to 65536, in plain decimal digits\n");
    }
}

TEST(ReadStruct, ANumberInQuotesIsAText) {
    EXPECT_EQ(problem_of("group_size: '5'"),
              "is the text \"5\"; allowed are integers, 1 to 65536, in plain decimal digits\n");
    EXPECT_EQ(problem_of("rate_hz: \"1.5\""),
              "is the text \"1.5\"; allowed are numbers, 0 to 500000\n");
    EXPECT_EQ(problem_of("enable_nodelay: 'true'"),
              "is the text \"true\"; allowed are true or false\n");
}

TEST(ReadStruct, IntegersStayWithinFieldAndType) {
    EXPECT_EQ(problem_of("group_size: 0"), "is 0; allowed are 1 to 65536 packets\n");
    EXPECT_EQ(problem_of("group_size: 65537"), "is 65537; allowed are 1 to 65536 packets\n");
    EXPECT_EQ(problem_of("priority: 256"), "is 256; allowed are 0 to 255\n");
    EXPECT_EQ(problem_of("total_b: -1"), "is -1; allowed are 0 to 9223372036854775807 bytes\n");
    EXPECT_EQ(problem_of("total_b: 9223372036854775808"),
              "is 9223372036854775808; allowed are 0 to 9223372036854775807 bytes\n");
    EXPECT_EQ(problem_of("total_b: 99999999999999999999999"),
              "is 99999999999999999999999; allowed are 0 to 9223372036854775807 bytes\n");
}

TEST(ReadStruct, NumbersAreFiniteAndWithinRange) {
    EXPECT_EQ(read_line("rate_hz: 3").rate_hz, 3);
    EXPECT_EQ(read_line("rate_hz: 5.0e-1").rate_hz, 0.5);
    for (const std::string text : {".inf", ".nan", "inf", "nan", "0x1p3", "1e400", "abc", "1e"}) {
        EXPECT_EQ(problem_of("rate_hz: " + text),
                  "is \"" + text + "\"; allowed are numbers, 0 to 500000\n");
    }
    EXPECT_EQ(problem_of("rate_hz: -0.1"), "is -0.1; allowed are 0 to 500000\n");
    EXPECT_EQ(problem_of("gain: 1e39"), "is 1e39; allowed are numbers that fit 32 bits\n");
}

TEST(ReadStruct, BooleansAreTrueAndFalse) {
    EXPECT_FALSE(read_line("enable_nodelay: false").enable_nodelay);
    EXPECT_TRUE(read_line("enable_nodelay: true").enable_nodelay);
    for (const std::string text : {"yes", "on", "True", "TRUE", "Yes", "ON"}) {
        EXPECT_EQ(problem_of("enable_nodelay: " + text), "is \"" + text + "\"; write true\n");
    }
    for (const std::string text : {"no", "off", "False", "FALSE", "NO", "Off"}) {
        EXPECT_EQ(problem_of("enable_nodelay: " + text), "is \"" + text + "\"; write false\n");
    }
    EXPECT_EQ(problem_of("enable_nodelay: 1"), "is \"1\"; allowed are true or false\n");
}

TEST(ReadStruct, TextsAreReadAsTheyStand) {
    for (const std::string text : {"no", "1e3", "0x10", "1:30", "5", "2024-01-01"}) {
        EXPECT_EQ(read_line("text: " + text).text, text);
    }
}

TEST(ReadStruct, EnumerationsSuggestTheNearestWord) {
    EXPECT_EQ(read_line("format: 'text'").format, SampleFormat::text);
    EXPECT_EQ(problem_of("format: jsn"), "is \"jsn\"; did you mean \"json\"?\n");
    EXPECT_EQ(problem_of("format: xml"), "is \"xml\"; allowed are text, hex, json\n");
}

TEST(ReadStruct, AddressesSayWhatIsAllowed) {
    const std::string problems = read("address: nowhere\n").problems;
    EXPECT_TRUE(problems.starts_with("1:1: error: address: is \"nowhere\": ")) << problems;
    EXPECT_NE(problems.find(address_forms), std::string::npos);
    EXPECT_EQ(read("address: '[::1]:80'\n").config.address.to_string(), "[::1]:80");
    EXPECT_NE(read("address: ['::1']\n").problems.find("what begins with [ needs quotes"),
              std::string::npos);
}

TEST(ReadStruct, ProcessorsAreATextANumberOrAList) {
    EXPECT_EQ(read_line("processors: 7").processors.to_string(), "7");
    EXPECT_EQ(read_line("processors: [1, 0, 1023]").processors.to_string(), "0-1,1023");
    EXPECT_EQ(read_line("processors: '0,2-3'").processors.to_string(), "0,2-3");
    EXPECT_TRUE(read_line("processors: []").processors.empty());
    EXPECT_TRUE(read_line("processors: ''").processors.empty());
}

TEST(ReadStruct, AProcessorAbove1023IsRefusedWithWhatIsAllowed) {
    const std::string refused = "; allowed are numbers from 0 to 1023";
    EXPECT_NE(problem_of("processors: 1024").find("\"1024\"" + refused), std::string::npos);
    const std::string element = read("address: a:1\nprocessors: [0, 1024, x]\n").problems;
    EXPECT_TRUE(element.starts_with("2:17: error: processors[1]: ")) << element;
    EXPECT_NE(element.find("\"1024\"" + refused), std::string::npos);
    EXPECT_NE(element.find("2:23: error: processors[2]: is \"x\"; allowed are numbers\n"),
              std::string::npos);
}

TEST(ReadStruct, BackslashesOutsideDoubleQuotesGetAWarning) {
    for (const std::string text : {"STATUS\\r\\n", "'a\\n'", "\\x00", "'\\0'", "C:\\temp"}) {
        const Reading reading = read("address: a:1\ntext: " + text + "\n");
        EXPECT_TRUE(reading.is_good);
        EXPECT_TRUE(reading.problems.starts_with("2:1: warning: text: \\")) << reading.problems;
    }
    EXPECT_EQ(read("address: a:1\ntext: STATUS\\r\\n\n").problems,
              "2:1: warning: text: \\r is a backslash and a letter here; only in double quotes "
              "does it mean a character: \"STATUS\\r\\n\"\n");
    for (const std::string text : {"\"a\\n\"", "|\n  a\\n", "a\\d", "a\\", "'\\\\d'"}) {
        EXPECT_EQ(read("address: a:1\ntext: " + text + "\n").problems, "") << text;
    }
}

TEST(ReadStruct, ComplaintsOfTheCheckStandAtTheirKey) {
    const Reading warned = read("address: a:1\ngroup_size: 13\n");
    EXPECT_TRUE(warned.is_good);
    EXPECT_EQ(warned.problems, "2:1: warning: group_size: is 13, which brings bad luck\n");
    EXPECT_EQ(problem_of("text: ''"), "is empty\n");
    EXPECT_EQ(problem_of("gain: 0"), "1:1: error: rate_hz is above gain\n");
}

TEST(ReadStruct, OfWhatCouldNotBeReadTheCheckSaysNothing) {
    EXPECT_EQ(problem_of("gain: 0\noffsets: x"),
              "3:1: error: offsets: is \"x\"; allowed are a list: integers, -5 to 5\n");
    EXPECT_EQ(problem_of("text: ''\noffsets: x"),
              "is empty\n3:1: error: offsets: is \"x\"; allowed are a list: integers, -5 to 5\n");
}

TEST(ReadStruct, SeveralStructsShareAMapping) {
    ConfigProblems problems("f");
    const auto document =
        ConfigDocument::parse("channel: /a\naddress: a:1\ngain: 9\nadres: 1\n", problems);
    SampleConfig config;
    test::SampleSubscription subscription;
    const StructTarget targets[] = {
        {&describe(TypeTag<test::SampleSubscription>{}), &subscription},
        {&describe(TypeTag<SampleConfig>{}), &config},
    };
    EXPECT_FALSE(read_struct(document->root(), targets, problems));
    ASSERT_EQ(problems.list().size(), 1u);
    EXPECT_EQ(problems.list()[0].message, "unknown key \"adres\"; did you mean \"address\"?");
    EXPECT_EQ(subscription.channel, "/a");
    EXPECT_EQ(config.gain, 9);
}

TEST(ReadStructProperty, ReadsWhatItsRangeAllowsAndNothingElse) {
    EXPECT_TRUE(rc::check([](std::int64_t number) {
        const bool is_allowed = number >= 1 && number <= 65536;
        const Reading reading = read("address: a:1\ngroup_size: " + std::to_string(number) + "\n");
        RC_ASSERT(reading.is_good == is_allowed);
        RC_ASSERT(reading.config.group_size == (is_allowed ? number : 1));
    }));
}

TEST(ReadStruct, AStructWithAShortTextIsReadFromItOrFromItsKeys) {
    EXPECT_FALSE(read_line("group_size: 2").ratio);
    EXPECT_EQ(read_line("ratio: third").ratio->whole, 3);
    EXPECT_EQ(read_line("ratio: 'half'").ratio->whole, 2);
    EXPECT_EQ(read_line("ratio: {part: 2, whole: 5}").ratio->part, 2);
}

TEST(ReadStruct, AShortTextThatIsWrongIsToldWithWhatIsAllowed) {
    EXPECT_EQ(problem_of("ratio: fifth"), "is \"fifth\": allowed are half and third\n");
    EXPECT_EQ(problem_of("ratio: [half]"),
              "is a list; allowed are half or third; or keys with values\n");
    EXPECT_NE(problem_of("ratio: {whole: 0}").find("allowed are 1 to 9"), std::string::npos);
}

}  // namespace
}  // namespace sluice::app
