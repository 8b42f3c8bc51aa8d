/// Messages from files and standard input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sluice/core/result.hpp"
#include "sluice/sys/file.hpp"

namespace sluice::cli {

/// Why a file cannot be had.
[[nodiscard]] std::string file_error_text(const Error& error);

/// All of a file. Errors: as of opening and reading it; `too_large` if it is longer.
[[nodiscard]] Result<std::vector<std::byte>> read_message(const std::string& path,
                                                          std::size_t bytes_max);

/// The lines of a file, without their ends (LF or CRLF); the last one needs none.
class LineReader final {
  public:
    /// Both must outlive the reader; when `quit` is readable, there are no more lines.
    LineReader(const sys::Descriptor& input, const sys::Descriptor& quit, std::size_t bytes_max)
        : input_(input), quit_(quit), bytes_max_(bytes_max) {}

    /// False at the end. Errors: as of reading; `too_large` for a line that is longer.
    [[nodiscard]] Result<bool> next(std::vector<std::byte>& line);
    /// That were read so far.
    [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }

  private:
    [[nodiscard]] bool wait() const;
    /// Reads more; false at the end.
    [[nodiscard]] Result<bool> fill();

    const sys::Descriptor& input_;
    const sys::Descriptor& quit_;
    const std::size_t bytes_max_;
    std::vector<std::byte> bytes_;  // read
    std::size_t begin_ = 0;         // of the next line in them
    std::uint64_t lines_ = 0;
    bool is_at_end_ = false;
};

}  // namespace sluice::cli
