#include "app/run_log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sluice::app {
namespace {

std::string text_of(std::initializer_list<LogField> fields) {
    return log_text({LogLevel::info, "event", {fields.begin(), fields.size()}});
}

TEST(LogText, FieldsFollowTheEvent) {
    EXPECT_EQ(text_of({{"thread", "lidar"}, {"priority", std::int64_t{-10}}, {"rate", 2.5}}),
              "event thread=lidar priority=-10 rate=2.5");
    EXPECT_EQ(text_of({{"peer", "[fe80::1%eth0]:80"}, {"bytes", std::uint64_t{7}}}),
              "event peer=[fe80::1%eth0]:80 bytes=7");
}

TEST(LogText, WhatCouldBeMistakenStandsInQuotes) {
    EXPECT_EQ(text_of({{"help", "needs CAP_SYS_NICE"}}), "event help=\"needs CAP_SYS_NICE\"");
    EXPECT_EQ(text_of({{"empty", ""}}), "event empty=\"\"");
    EXPECT_EQ(text_of({{"sum", "a=b"}}), "event sum=\"a=b\"");
    EXPECT_EQ(text_of({{"quote", "say \"hi\" \\"}}), R"(event quote="say \"hi\" \\")");
}

TEST(LogText, NothingInAFieldCanMoveTheCursorOrEndTheLine) {
    EXPECT_EQ(text_of({{"bad", "a\x1b[2J\nb"}}), R"(event bad="a\x1b[2J\x0ab")");
    EXPECT_EQ(text_of({{"bad", "\xc2\x9b\xff"}}), R"(event bad="\xc2\x9b\xff")");
}

/// The line with TIME instead of `HH:MM:SS.mmm`, if it begins with that.
std::string without_time(const std::string& line) {
    constexpr std::string_view shape = "dd:dd:dd.ddd ";
    const bool has_time =
        line.size() >= shape.size() &&
        std::equal(shape.begin(), shape.end(), line.begin(), [](char wanted, char c) {
            return wanted == 'd' ? c >= '0' && c <= '9' : c == wanted;
        });
    return has_time ? "TIME " + line.substr(shape.size()) : line;
}

class RunLogTest : public testing::Test {
  protected:
    RunLogTest() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        reader_ = sys::Descriptor(ends[0]);
        console_.emplace(sys::Descriptor(ends[1]));
        log_.emplace(*console_);
    }

    /// The lines since the last call, without their times.
    std::vector<std::string> lines() {
        std::array<char, 65536> bytes{};
        const ssize_t got = ::read(reader_.number(), bytes.data(), bytes.size());
        std::vector<std::string> lines;
        std::string line;
        for (ssize_t i = 0; i < got; ++i) {
            const char c = bytes[static_cast<std::size_t>(i)];
            if (c != '\n') {
                line += c;
                continue;
            }
            lines.push_back(without_time(line));
            line.clear();
        }
        return lines;
    }

    sys::Descriptor reader_;
    std::optional<Console> console_;
    std::optional<RunLog> log_;
};

using Lines = std::vector<std::string>;

TEST_F(RunLogTest, AnEventIsALineWithTimeAndLevel) {
    log(LogLevel::warning, "realtime_denied", {{"thread", "lidar"}});
    log(LogLevel::info, "connected", {});
    log(LogLevel::error, "print_failed", {});
    log(LogLevel::debug, "detail", {});
    EXPECT_EQ(lines(), (Lines{"TIME warning realtime_denied thread=lidar", "TIME info connected",
                              "TIME error print_failed"}));
}

TEST_F(RunLogTest, AnEventThatIsRepeatedIsOnlyCounted) {
    for (int i = 0; i < 100; ++i) {
        log(LogLevel::warning, "callback_failed", {{"stage", "show"}, {"number", std::int64_t{i}}});
    }
    const Lines shown = lines();
    ASSERT_EQ(shown.size(), 5U);
    EXPECT_EQ(shown.front(), "TIME warning callback_failed stage=show number=0");
    log_->tick();
    EXPECT_EQ(lines(), Lines{"TIME warning callback_failed stage=show not_shown=95"});
    log_->tick();
    EXPECT_EQ(lines(), Lines{});
    log(LogLevel::warning, "callback_failed", {{"stage", "show"}, {"number", std::int64_t{100}}});
    EXPECT_EQ(lines(), Lines{"TIME warning callback_failed stage=show number=100"});
}

TEST_F(RunLogTest, AnotherStageAndAnotherEventAreNotHeldBack) {
    for (int i = 0; i < 100; ++i) {
        log(LogLevel::warning, "callback_failed", {{"stage", "show"}});
    }
    static_cast<void>(lines());
    log(LogLevel::warning, "callback_failed", {{"stage", "other"}});
    log(LogLevel::warning, "print_cut", {{"stage", "show"}});
    EXPECT_EQ(lines(), (Lines{"TIME warning callback_failed stage=other",
                              "TIME warning print_cut stage=show"}));
}

TEST_F(RunLogTest, EventsOfAnyNumberTakeBoundedMemory) {
    for (int i = 0; i < 1000; ++i) {
        log(LogLevel::info, "event_" + std::to_string(i), {});
    }
    EXPECT_EQ(lines().size(), 256U + 5U);
    log_->tick();
    EXPECT_EQ(lines(), Lines{"TIME warning other_events not_shown=739"});
}

TEST_F(RunLogTest, SeveralThreadsMayLogAtOnce) {
    std::vector<std::thread> threads;
    for (const char* const event : {"one", "two", "three", "four"}) {
        threads.emplace_back([event] {
            for (int i = 0; i < 100; ++i) {
                log(LogLevel::info, event, {});
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    const Lines shown = lines();
    EXPECT_EQ(shown.size(), 20U);
    for (const std::string& line : shown) {
        EXPECT_TRUE(line == "TIME info one" || line == "TIME info two" ||
                    line == "TIME info three" || line == "TIME info four")
            << line;
    }
}

}  // namespace
}  // namespace sluice::app
