/// Standard error while a pipeline runs: lines, and below them a table that is drawn again and
/// again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/core/time.hpp"
#include "sluice/stages/text_output.hpp"
#include "sluice/sync/mutex.hpp"
#include "sluice/sys/descriptor.hpp"

namespace sluice::app {

struct TerminalSize {
    std::size_t columns = 80;
    std::size_t lines = 24;
};

/// Of the terminal that the descriptor is; empty if it is none.
[[nodiscard]] std::optional<TerminalSize> terminal_size(int descriptor);

/// Never waits for the terminal or whoever reads the pipe; lines that find no room are counted and
/// told later. Any thread.
class Console final {
  public:
    explicit Console(sys::Descriptor file);

    /// Shows the text, which has no line end, above the table.
    void line(std::string_view text);
    /// Replaces the table; lines are cut at the width of the terminal. Empty: takes it away.
    void table(std::vector<std::string> lines);
    /// Waits so long for the terminal to take what is behind; meanwhile others may show lines.
    void catch_up(Duration patience);
    /// Gives what waits so long to be taken. Returns how many lines were never shown.
    std::uint64_t finish(Duration patience);

    [[nodiscard]] TerminalSize size() const;

  private:
    void erase_table() SLUICE_REQUIRES(mutex_);
    void draw_table() SLUICE_REQUIRES(mutex_);
    void tell_dropped() SLUICE_REQUIRES(mutex_);

    const int descriptor_;
    sync::Mutex mutex_;
    TextOutput output_ SLUICE_GUARDED_BY(mutex_);
    std::vector<std::string> table_ SLUICE_GUARDED_BY(mutex_);
    std::vector<std::size_t> drawn_widths_ SLUICE_GUARDED_BY(mutex_);  // of the lines on it now
    std::uint64_t dropped_ SLUICE_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::app
