/// Messages as lines of JSON on a stream.
#pragma once

#include <cstdint>

#include "sluice/core/result.hpp"
#include "sluice/messages/socket_stats.hpp"
#include "sluice/stages/text_output.hpp"
#include "sluice/sync/mutex.hpp"

namespace sluice::app {

/// Never waits for the reader: a line that finds more than 1 MiB waiting is dropped and counted.
/// Any thread.
class JsonLines final {
  public:
    /// Of standard output, unless a file is given.
    [[nodiscard]] Result<void> open(sys::Descriptor file = {});

    /// False once writing failed: see `error`.
    bool write(const SocketStats& stats);
    /// Writes what waits. Returns false as `write` does.
    bool flush(Duration patience);

    /// The errno of the first failure, or 0.
    [[nodiscard]] int error() const;
    [[nodiscard]] std::uint64_t dropped() const;

  private:
    bool flush_locked(Duration patience) SLUICE_REQUIRES(mutex_);

    mutable sync::Mutex mutex_;
    TextOutput output_ SLUICE_GUARDED_BY(mutex_){sys::Descriptor()};
    int error_ SLUICE_GUARDED_BY(mutex_) = 0;
    std::uint64_t dropped_ SLUICE_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::app
