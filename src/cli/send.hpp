/// `sluice send`: files or lines as framed messages to a device.
#pragma once

#include <string>
#include <vector>

#include "sluice/framing/framing.hpp"
#include "sluice/net/link.hpp"

namespace sluice::cli {

struct SendOptions {
    net::LinkOptions link;
    Framing framing;
    std::vector<std::byte> head;     ///< In front of the length field, of every message.
    std::vector<std::string> files;  ///< A message each; `-`: one per line of standard input.
    Duration flush_timeout{};        ///< At the end, for what is queued.
};

/// Runs until everything is sent, the link ends for good (`link.reconnect` off), or a signal.
/// Returns an ExitStatus.
[[nodiscard]] int run_send(const SendOptions& options);

}  // namespace sluice::cli
