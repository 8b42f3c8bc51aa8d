/// The library's log: events with fields, to a sink that the program chooses.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <variant>

namespace sluice {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

[[nodiscard]] std::string_view name(LogLevel level) noexcept;

/// One named value of an event. Borrows its texts.
struct LogField {
    std::string_view key;
    std::variant<std::string_view, std::int64_t, std::uint64_t, double> value;
};

/// One event. `event` is a fixed snake_case word that programs can filter by.
struct LogRecord {
    LogLevel level;
    std::string_view event;
    std::span<const LogField> fields;
};

/// Where events go. `write` is called from any thread, also from several at once, and must not
/// block; what the record borrows is gone when it returns.
class LogSink {
  public:
    virtual ~LogSink() = default;
    virtual void write(const LogRecord& record) noexcept = 0;
};

/// Sets the sink for the whole process; null (the default) discards everything. The sink must
/// outlive every object of the library, or be replaced first.
void set_log_sink(LogSink* sink) noexcept;

/// Hands an event to the sink. Any thread.
void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) noexcept;

}  // namespace sluice
