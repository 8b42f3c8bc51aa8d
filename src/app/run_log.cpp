#include "app/run_log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/sink.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "app/printable.hpp"

namespace sluice::app {
namespace {

/// spdlog's own base for sinks knows no other mutex than std::mutex.
class ConsoleSink final : public spdlog::sinks::sink {
  public:
    explicit ConsoleSink(Console& console) : console_(console) {}

    void log(const spdlog::details::log_msg& message) override {
        const sync::MutexLock lock(mutex_);
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        console_.line({line.data(), line.size()});
    }
    void flush() override {}
    void set_pattern(const std::string& pattern) override {
        set_formatter(std::make_unique<spdlog::pattern_formatter>(
            pattern, spdlog::pattern_time_type::local, ""));
    }
    void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
        const sync::MutexLock lock(mutex_);
        formatter_ = std::move(formatter);
    }

  private:
    Console& console_;
    sync::Mutex mutex_;
    std::unique_ptr<spdlog::formatter> formatter_ SLUICE_GUARDED_BY(mutex_);
};

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            break;
    }
    return spdlog::level::err;
}

bool is_plain(std::string_view text) {
    constexpr std::string_view marks = "_-+.,:/@%[]";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               marks.find(c) != std::string_view::npos;
    });
}

std::string in_quotes(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        escaped += c == '"' || c == '\\' ? "\\" : "";
        escaped += c;
    }
    return '"' + printable(escaped) + '"';
}

struct ValueText {
    std::string operator()(std::string_view text) const {
        return is_plain(text) ? std::string(text) : in_quotes(text);
    }
    template <typename Number>
    std::string operator()(Number number) const {
        return fmt::to_string(number);
    }
};

/// What is counted together: the same event of the same stage.
std::string limited_event(const LogRecord& record) {
    std::string event(record.event);
    for (const LogField& field : record.fields) {
        if (field.key == "stage") {
            event += " stage=" + std::visit(ValueText{}, field.value);
        }
    }
    return event;
}

}  // namespace

std::string log_text(const LogRecord& record) {
    std::string text(record.event);
    for (const LogField& field : record.fields) {
        text += " " + std::string(field.key) + "=" + std::visit(ValueText{}, field.value);
    }
    return text;
}

RunLog::RunLog(Console& console)
    : logger_(std::make_unique<spdlog::logger>("sluice", std::make_shared<ConsoleSink>(console))) {
    logger_->sinks().front()->set_pattern("%H:%M:%S.%e %l %v");
    set_log_sink(this);
}

RunLog::~RunLog() {
    set_log_sink(nullptr);
}

void RunLog::write(const LogRecord& record) noexcept {
    if (record.level < LogLevel::info) {
        return;
    }
    {
        const sync::MutexLock lock(mutex_);
        if (!limiter_.admit(limited_event(record))) {
            return;
        }
    }
    logger_->log(level_of(record.level), log_text(record));
}

void RunLog::tick() {
    std::vector<std::pair<std::string, std::uint64_t>> left_out;
    {
        const sync::MutexLock lock(mutex_);
        left_out = limiter_.tick();
    }
    for (const auto& [event, count] : left_out) {
        logger_->warn(event + " not_shown=" + std::to_string(count));
    }
}

}  // namespace sluice::app
