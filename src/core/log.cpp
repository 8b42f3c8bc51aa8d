#include "sluice/core/log.hpp"

#include <atomic>

namespace sluice {
namespace {

std::atomic<LogSink*> current_sink{nullptr};

}  // namespace

std::string_view name(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "unknown";
}

void set_log_sink(LogSink* sink) noexcept {
    current_sink.store(sink, std::memory_order_release);
}

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) noexcept {
    if (LogSink* sink = current_sink.load(std::memory_order_acquire)) {
        sink->write({level, event, {fields.begin(), fields.size()}});
    }
}

}  // namespace sluice
