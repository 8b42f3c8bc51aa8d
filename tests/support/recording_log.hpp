/// Remembers what was logged.
#pragma once

#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "sluice/core/log.hpp"

namespace sluice::test {

/// Is the sink of the log for as long as it lives.
class RecordingLog final : public LogSink {
  public:
    RecordingLog() { set_log_sink(this); }
    ~RecordingLog() override { set_log_sink(nullptr); }

    void write(const LogRecord& record) noexcept override {
        std::string line(record.event);
        for (const LogField& field : record.fields) {
            line += " " + std::string(field.key) + "=" + std::visit(ToText{}, field.value);
        }
        const std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
    }

    /// `event key=value key=value`.
    [[nodiscard]] std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

  private:
    struct ToText {
        std::string operator()(std::string_view text) const { return std::string(text); }
        template <typename Number>
        std::string operator()(Number number) const {
            return std::to_string(number);
        }
    };

    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

}  // namespace sluice::test
