#include "sluice/app/report.hpp"

#include <poll.h>
#include <unistd.h>

#include <string_view>
#include <variant>

#include "sluice/core/log.hpp"

namespace sluice::app {
namespace {

class ReportSink final : public LogSink {
  public:
    void write(const LogRecord& record) noexcept override {
        if (record.level < LogLevel::warning) {
            return;
        }
        std::string text = std::string(name(record.level)) + ": " + std::string(record.event);
        for (const LogField& field : record.fields) {
            text += " " + std::string(field.key) + "=";
            std::visit([&text](const auto& value) { append(text, value); }, field.value);
        }
        report(text);
    }

  private:
    static void append(std::string& text, std::string_view value) { text += value; }
    template <typename Number>
    static void append(std::string& text, Number value) {
        text += std::to_string(value);
    }
};

}  // namespace

void report(const std::string& text) {
    const std::string line = "sluice: " + text + "\n";
    pollfd target{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&target, 1, 0) > 0) {
        [[maybe_unused]] const ssize_t put = ::write(STDERR_FILENO, line.data(), line.size());
    }
}

void report_log() {
    static ReportSink sink;
    set_log_sink(&sink);
}

}  // namespace sluice::app
