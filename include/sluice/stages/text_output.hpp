/// Text on its way to a stream whose reader may be slow, or gone.
#pragma once

#include <string>

#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/sys/descriptor.hpp"
#include "sluice/sys/file.hpp"

namespace sluice {

/// Never waits for the reader, except where patience is given. One thread.
class TextOutput final {
  public:
    /// So much may wait, and one message more.
    static constexpr std::size_t waiting_b_max = std::size_t{1024} * 1024;

    explicit TextOutput(sys::Descriptor file) : file_(std::move(file)) {}

    /// Opens the standard stream, unless a file was given.
    [[nodiscard]] Result<void> open(sys::StandardStream stream);
    /// Whether there is room for another message: what waits is under `waiting_b_max`.
    [[nodiscard]] bool has_room() const noexcept;
    /// What waits to be written: append here.
    [[nodiscard]] std::string& text() noexcept { return text_; }
    /// Writes what the stream takes within `patience`. Returns 0, or the errno of a failure, after
    /// which nothing waits.
    [[nodiscard]] int flush(Duration patience = {});

  private:
    sys::Descriptor file_;
    std::string text_;
};

}  // namespace sluice
