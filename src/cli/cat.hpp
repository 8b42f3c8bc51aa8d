/// `sluice cat`: standard input to a device, the device to standard output.
#pragma once

#include <cstdint>
#include <optional>

#include "cli/cat_frames.hpp"
#include "sluice/net/link.hpp"
#include "sluice/sys/thread.hpp"

namespace sluice::cli {

enum class CatFormat : std::uint8_t { raw, hex, json };

struct CatOptions {
    net::LinkOptions link;
    sys::ThreadOptions thread;  ///< Of the event loop.
    CatFormat format = CatFormat::raw;
    std::optional<CatFraming> framing;  ///< Write frames, not packets.
    /// At the end of standard input, end the sending direction once all of it was sent.
    bool half_close = false;
};

/// Runs until the link ends for good (`link.reconnect` off), a signal, or nobody reads standard
/// output any more. Returns an ExitStatus.
[[nodiscard]] int run_cat(const CatOptions& options);

}  // namespace sluice::cli
