#include "sluice/core/log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice {
namespace {

/// Keeps each event as one line, for as long as it is the sink.
class RecordingSink final : public LogSink {
  public:
    RecordingSink() { set_log_sink(this); }
    ~RecordingSink() override { set_log_sink(nullptr); }

    void write(const LogRecord& record) noexcept override {
        std::string line = std::string(name(record.level)) + " " + std::string(record.event);
        for (const LogField& field : record.fields) {
            line += " " + std::string(field.key) + "=";
            if (const auto* text = std::get_if<std::string_view>(&field.value)) {
                line += *text;
            } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
                line += std::to_string(*number);
            }
        }
        lines.push_back(line);
    }

    std::vector<std::string> lines;
};

TEST(Log, HandsEventsWithTheirFieldsToTheSink) {
    RecordingSink sink;
    log(LogLevel::warning, "peer_closed", {{"stage", "lidar"}, {"attempt", std::int64_t{-3}}});
    log(LogLevel::info, "connected", {});
    EXPECT_EQ(sink.lines, (std::vector<std::string>{"warning peer_closed stage=lidar attempt=-3",
                                                    "info connected"}));
}

TEST(Log, WithoutASinkEventsAreDiscarded) {
    std::vector<std::string> lines;
    {
        RecordingSink sink;
        set_log_sink(nullptr);
        log(LogLevel::error, "unheard", {});
        lines = sink.lines;
    }
    EXPECT_TRUE(lines.empty());
}

TEST(Log, LastSinkSetIsTheOneThatHears) {
    RecordingSink first;
    RecordingSink second;
    log(LogLevel::debug, "event", {});
    EXPECT_TRUE(first.lines.empty());
    EXPECT_EQ(second.lines.size(), 1U);
}

TEST(LogLevel, HasNames) {
    EXPECT_EQ(name(LogLevel::debug), "debug");
    EXPECT_EQ(name(LogLevel::info), "info");
    EXPECT_EQ(name(LogLevel::warning), "warning");
    EXPECT_EQ(name(LogLevel::error), "error");
}

}  // namespace
}  // namespace sluice
