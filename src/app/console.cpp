#include "app/console.hpp"

#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <utility>

namespace sluice::app {

std::optional<TerminalSize> terminal_size(int descriptor) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0) {
        return {};
    }
    return size.ws_col == 0 || size.ws_row == 0 ? TerminalSize{}
                                                : TerminalSize{size.ws_col, size.ws_row};
}

Console::Console(sys::Descriptor file) : descriptor_(file.number()), output_(std::move(file)) {}

TerminalSize Console::size() const {
    return terminal_size(descriptor_).value_or(TerminalSize{});
}

void Console::line(std::string_view text) {
    const sync::MutexLock lock(mutex_);
    if (!output_.has_room()) {
        ++dropped_;
        static_cast<void>(output_.flush());
        return;
    }
    erase_table();
    tell_dropped();
    (output_.text() += text) += '\n';
    draw_table();
    static_cast<void>(output_.flush());
}

void Console::table(std::vector<std::string> lines) {
    const sync::MutexLock lock(mutex_);
    table_ = std::move(lines);
    static_cast<void>(output_.flush());
    if (output_.text().empty()) {  // else it is behind already: no use in drawing more
        erase_table();
        tell_dropped();
        draw_table();
        static_cast<void>(output_.flush());
    }
}

void Console::catch_up(Duration patience) {
    {
        const sync::MutexLock lock(mutex_);
        if (output_.flush() != 0 || output_.text().empty()) {
            return;
        }
    }
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
    pollfd terminal{descriptor_, POLLOUT, 0};
    if (::poll(&terminal, 1, static_cast<int>(ms)) > 0) {
        const sync::MutexLock lock(mutex_);
        static_cast<void>(output_.flush());
    }
}

std::uint64_t Console::finish(Duration patience) {
    const sync::MutexLock lock(mutex_);
    table_.clear();
    erase_table();
    static_cast<void>(output_.flush(patience));
    return dropped_;
}

void Console::tell_dropped() {
    if (dropped_ > 0) {
        output_.text() += std::to_string(std::exchange(dropped_, 0)) + " lines were not shown\n";
    }
}

/// A line that is wider than the terminal, which may have become narrower, has several rows there.
void Console::erase_table() {
    const std::size_t columns = size().columns;
    std::size_t rows = 0;
    for (const std::size_t width : drawn_widths_) {
        rows += std::max<std::size_t>(1, (width + columns - 1) / columns);
    }
    drawn_widths_.clear();
    if (rows > 0) {
        output_.text() += "\r\x1b[" + std::to_string(rows) + "A\x1b[J";
    }
}

void Console::draw_table() {
    const std::size_t columns = size().columns;
    for (const std::string& line : table_) {
        const std::string_view shown = std::string_view(line).substr(0, columns);
        (output_.text() += shown) += '\n';
        drawn_widths_.push_back(shown.size());
    }
}

}  // namespace sluice::app
