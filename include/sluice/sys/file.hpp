/// The seam: files and the standard streams. Calls wait, unless something else is said.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>

#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/sys/descriptor.hpp"

namespace sluice::sys {

enum class StandardStream : int { input = 0, output = 1, error = 2 };

/// A second descriptor for a standard stream of the process.
[[nodiscard]] Result<Descriptor> open_standard(StandardStream stream);

/// A file for reading.
[[nodiscard]] Result<Descriptor> open_file(const std::string& path);

/// Reads what there is, waiting until there is something; `end` at the end of the file. A signal
/// never interrupts it.
[[nodiscard]] IoResult read(const Descriptor& file, std::span<std::byte> target) noexcept;

/// Writes all pieces (at most 1,024), waiting as long as it takes, and returns how many bytes were
/// written: all of them, or fewer with `failed`. Never raises SIGPIPE in the process that ignores
/// it.
[[nodiscard]] IoResult write_all(const Descriptor& file, std::span<iovec> pieces) noexcept;

/// Writes as much of `bytes` as can be written within `patience` (0: what can be had without
/// waiting) and returns how many bytes that was, with `would_block` unless it is all of them. For
/// pipes and terminals whose reader may have stopped reading. Raises SIGPIPE as `write_all` does.
[[nodiscard]] IoResult try_write(const Descriptor& file, std::span<const std::byte> bytes,
                                 Duration patience) noexcept;

}  // namespace sluice::sys
