/// Sums of what was received.
#pragma once

#include "sluice/framing/frame_decoder.hpp"
#include "sluice/messaging/messaging_options.hpp"

namespace sluice::messaging {

/// `moved_b`: what the receive path moved besides.
[[nodiscard]] MessageCounts counts_of(const FramingLedger& ledger, std::uint64_t moved_b = 0);
/// Adds all sums of `part`.
void add(MessageCounts& sum, const MessageCounts& part);

}  // namespace sluice::messaging
